<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!--
  Makes itk.html.en of itk.xml: one page, in one language, in the form in which each line's manual has those of its
  MPMs. page-2.0.xsl and page-2.4.xsl say what is different in a line. The tests hold the pages equal to what these
  make, and write them anew where golden files are accepted; xsltproc makes them as well, from page-LINE.xsl.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:variable name="upper">ABCDEFGHIJKLMNOPQRSTUVWXYZ</xsl:variable>
<xsl:variable name="lower">abcdefghijklmnopqrstuvwxyz</xsl:variable>
<xsl:variable name="module" select="/modulesynopsis/name"/>

<xsl:template match="/">
  <xsl:call-template name="html"/>
</xsl:template>

<xsl:template name="page">
  <head>
    <xsl:text>&#10;</xsl:text>
    <title><xsl:value-of select="concat($module, ' - ', $title)"/></title>
    <xsl:text>&#10;</xsl:text>
    <link href="../style/css/manual.css" rel="stylesheet" media="all" type="text/css" title="Main stylesheet"/>
    <xsl:text>&#10;</xsl:text>
    <link href="../style/css/manual-loose-100pc.css" rel="alternate stylesheet" media="all" type="text/css" title="No Sidebar - Default font size"/>
    <xsl:text>&#10;</xsl:text>
    <link href="../style/css/manual-print.css" rel="stylesheet" media="print" type="text/css"/>
    <xsl:text>&#10;</xsl:text>
    <xsl:if test="//highlight"><link href="../style/css/prettify.css" rel="stylesheet" type="text/css"/><xsl:text>&#10;</xsl:text></xsl:if>
    <link href="../images/favicon.{$icon}" rel="shortcut icon"/>
  </head>
  <xsl:text>&#10;</xsl:text>
  <body>
    <xsl:text>&#10;</xsl:text>
    <div id="page-header">
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="menu"/>
      <xsl:text>&#10;</xsl:text>
      <p class="apache">Apache HTTP Server Version <xsl:value-of select="$line"/></p>
      <xsl:text>&#10;</xsl:text>
      <img alt="" src="../images/feather.{$picture}"/>
    </div>
    <xsl:text>&#10;</xsl:text>
    <div class="up"><a href="./"><img title="&lt;-" alt="&lt;-" src="../images/left.gif"/></a></div>
    <xsl:text>&#10;</xsl:text>
    <div id="path">
      <xsl:text>&#10;</xsl:text>
      <a href="../">Version <xsl:value-of select="$line"/></a> &gt; <a href="./">Modules</a>
    </div>
    <xsl:text>&#10;</xsl:text>
    <div id="page-content">
      <xsl:text>&#10;</xsl:text>
      <xsl:apply-templates select="modulesynopsis"/>
    </div>
    <xsl:text>&#10;</xsl:text>
    <div id="footer">
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="menu"/>
    </div>
    <xsl:text>&#10;</xsl:text>
  </body>
</xsl:template>

<xsl:template match="modulesynopsis">
  <div id="preamble">
    <h1>Apache MPM <xsl:value-of select="name"/></h1>
    <xsl:text>&#10;</xsl:text>
    <table class="module">
      <xsl:call-template name="row">
        <xsl:with-param name="help">module-dict.html#Description</xsl:with-param>
        <xsl:with-param name="label">Description</xsl:with-param>
        <xsl:with-param name="value" select="description"/>
      </xsl:call-template>
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="row">
        <xsl:with-param name="help">module-dict.html#Status</xsl:with-param>
        <xsl:with-param name="label">Status</xsl:with-param>
        <xsl:with-param name="value" select="status"/>
      </xsl:call-template>
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="row">
        <xsl:with-param name="help">module-dict.html#ModuleIdentifier</xsl:with-param>
        <xsl:with-param name="label">Module&amp;nbsp;Identifier</xsl:with-param>
        <xsl:with-param name="value" select="identifier"/>
      </xsl:call-template>
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="row">
        <xsl:with-param name="help">module-dict.html#SourceFile</xsl:with-param>
        <xsl:with-param name="label">Source&amp;nbsp;File</xsl:with-param>
        <xsl:with-param name="value" select="sourcefile"/>
      </xsl:call-template>
    </table>
    <xsl:text>&#10;</xsl:text>
    <h3>Summary</h3>
    <xsl:text>&#10;</xsl:text>
    <xsl:apply-templates select="summary/node()"/>
  </div>
  <xsl:text>&#10;</xsl:text>
  <div id="quickview">
    <xsl:call-template name="lists"/>
    <h3>See also</h3>
    <xsl:text>&#10;</xsl:text>
    <ul class="seealso">
      <xsl:text>&#10;</xsl:text>
      <xsl:apply-templates select="seealso"/>
    </ul>
  </div>
  <xsl:text>&#10;</xsl:text>
  <xsl:for-each select="section">
    <xsl:call-template name="to-the-top"/>
    <div class="section">
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="head-of-section"/>
      <xsl:apply-templates select="node()[not(self::title)]"/>
    </div>
    <xsl:text>&#10;</xsl:text>
  </xsl:for-each>
  <xsl:for-each select="directivesynopsis[not(@location)]">
    <xsl:sort select="translate(name, $upper, $lower)"/>
    <xsl:call-template name="to-the-top"/>
    <xsl:apply-templates select="."/>
  </xsl:for-each>
</xsl:template>

<xsl:template name="to-the-top">
  <div class="top"><a href="#page-header"><img alt="top" src="../images/up.gif"/></a></div>
  <xsl:text>&#10;</xsl:text>
</xsl:template>

<!-- ==== what is on the page ==== -->

<xsl:template name="directives">
  <h3 class="directives">Directives</h3>
  <xsl:text>&#10;</xsl:text>
  <ul id="toc">
    <xsl:text>&#10;</xsl:text>
    <xsl:for-each select="directivesynopsis">
      <xsl:sort select="translate(name, $upper, $lower)"/>
      <li>
        <xsl:choose>
          <xsl:when test="@location">
            <img alt="" src="../images/right.gif"/><xsl:text> </xsl:text>
            <a href="{@location}.html#{translate(name, $upper, $lower)}"><xsl:value-of select="name"/></a>
          </xsl:when>
          <xsl:otherwise>
            <img alt="" src="../images/down.gif"/><xsl:text> </xsl:text>
            <a href="#{translate(name, $upper, $lower)}"><xsl:value-of select="name"/></a>
          </xsl:otherwise>
        </xsl:choose>
      </li>
      <xsl:text>&#10;</xsl:text>
    </xsl:for-each>
  </ul>
</xsl:template>

<xsl:template name="topics">
  <h3>Topics</h3>
  <xsl:text>&#10;</xsl:text>
  <ul id="topics">
    <xsl:text>&#10;</xsl:text>
    <xsl:for-each select="section">
      <li><img alt="" src="../images/down.gif"/><xsl:text> </xsl:text><a href="#{@id}"><xsl:value-of select="title"/></a></li>
      <xsl:text>&#10;</xsl:text>
    </xsl:for-each>
  </ul>
</xsl:template>

<xsl:template match="seealso">
  <li><xsl:apply-templates/></li>
  <xsl:text>&#10;</xsl:text>
</xsl:template>

<!-- ==== a directive ==== -->

<xsl:template match="directivesynopsis">
  <div class="directive-section">
    <xsl:call-template name="head-of-directive">
      <xsl:with-param name="anchor" select="translate(name, $upper, $lower)"/>
    </xsl:call-template>
    <xsl:text>&#10;</xsl:text>
    <table class="directive">
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="row">
        <xsl:with-param name="help">directive-dict.html#Description</xsl:with-param>
        <xsl:with-param name="label">Description</xsl:with-param>
        <xsl:with-param name="value" select="description"/>
      </xsl:call-template>
      <xsl:text>&#10;</xsl:text>
      <tr><th><a href="directive-dict.html#Syntax">Syntax:</a></th><td><code><xsl:apply-templates select="syntax/node()"/></code></td></tr>
      <xsl:text>&#10;</xsl:text>
      <tr><th><a href="directive-dict.html#Default">Default:</a></th><td><code><xsl:value-of select="default"/></code></td></tr>
      <xsl:text>&#10;</xsl:text>
      <tr>
        <th><a href="directive-dict.html#Context">Context:</a></th>
        <td>
          <xsl:for-each select="contextlist/context">
            <xsl:if test="position() &gt; 1">, </xsl:if>
            <xsl:value-of select="."/>
          </xsl:for-each>
        </td>
      </tr>
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="row">
        <xsl:with-param name="help">directive-dict.html#Status</xsl:with-param>
        <xsl:with-param name="label">Status</xsl:with-param>
        <xsl:with-param name="value" select="/modulesynopsis/status"/>
      </xsl:call-template>
      <xsl:text>&#10;</xsl:text>
      <xsl:call-template name="row">
        <xsl:with-param name="help">directive-dict.html#Module</xsl:with-param>
        <xsl:with-param name="label">Module</xsl:with-param>
        <xsl:with-param name="value" select="$module"/>
      </xsl:call-template>
      <xsl:text>&#10;</xsl:text>
    </table>
    <xsl:apply-templates select="usage/node()"/>
    <xsl:if test="seealso">
      <h3>See also</h3>
      <xsl:text>&#10;</xsl:text>
      <ul>
        <xsl:text>&#10;</xsl:text>
        <xsl:apply-templates select="seealso"/>
      </ul>
      <xsl:text>&#10;</xsl:text>
    </xsl:if>
  </div>
  <xsl:text>&#10;</xsl:text>
</xsl:template>

<xsl:template name="row">
  <xsl:param name="help"/>
  <xsl:param name="label"/>
  <xsl:param name="value"/>
  <tr><th><a href="{$help}"><xsl:value-of select="$label" disable-output-escaping="yes"/>:</a></th><td><xsl:value-of select="$value"/></td></tr>
</xsl:template>

<!-- ==== the text ==== -->

<xsl:template match="p|ul|ol|li|em|strong|code|var|br|tr|th|td|a">
  <xsl:element name="{name()}">
    <xsl:copy-of select="@*"/>
    <xsl:apply-templates/>
  </xsl:element>
</xsl:template>

<xsl:template match="table">
  <table class="bordered"><xsl:apply-templates/></table>
</xsl:template>

<xsl:template match="note">
  <div class="note"><xsl:if test="@type"><xsl:attribute name="class"><xsl:value-of select="@type"/></xsl:attribute></xsl:if><xsl:apply-templates/></div>
</xsl:template>

<xsl:template match="example">
  <div class="example"><p><code><xsl:apply-templates/></code></p></div>
</xsl:template>

<xsl:template match="indent">
  <span class="indent"><xsl:apply-templates/></span>
</xsl:template>

<!-- Without the line ends after its beginning and before its end. -->
<xsl:template match="highlight">
  <pre class="prettyprint lang-{@language}">
    <xsl:value-of select="substring-before(concat(substring-after(., '&#10;'), '&#10;@'), '&#10;    &#10;@')"/>
  </pre>
</xsl:template>

<xsl:template match="module">
  <code class="module"><a href="../mod/{.}.html"><xsl:value-of select="."/></a></code>
</xsl:template>

<xsl:template match="program">
  <code class="program"><a href="../programs/{.}.html"><xsl:value-of select="."/></a></code>
</xsl:template>

<xsl:template match="directive">
  <xsl:variable name="anchor" select="translate(., $upper, $lower)"/>
  <code class="directive">
    <a>
      <xsl:attribute name="href">
        <xsl:if test="@module">../mod/<xsl:value-of select="@module"/>.html</xsl:if>
        <xsl:value-of select="concat('#', $anchor)"/>
      </xsl:attribute>
      <xsl:choose>
        <xsl:when test="@type = 'section'">&lt;<xsl:value-of select="."/>&gt;</xsl:when>
        <xsl:otherwise><xsl:value-of select="."/></xsl:otherwise>
      </xsl:choose>
    </a>
  </code>
</xsl:template>

<!-- An element that nothing here knows would be lost with a part of what it says. -->
<xsl:template match="*">
  <xsl:message terminate="yes">manual/page.xsl does not know the element <xsl:value-of select="name()"/></xsl:message>
</xsl:template>
</xsl:stylesheet>
