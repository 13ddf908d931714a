<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- The manual page of line 2.4, in the form of that manual: HTML. page.xsl has what the lines have in common. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:include href="page.xsl"/>
<xsl:output method="html" encoding="UTF-8" indent="no"/>

<xsl:variable name="line">2.4</xsl:variable>
<xsl:variable name="title">Apache HTTP Server Version 2.4</xsl:variable>
<xsl:variable name="icon">png</xsl:variable>
<xsl:variable name="picture">png</xsl:variable>

<xsl:template name="html">
  <xsl:text disable-output-escaping="yes">&lt;!DOCTYPE html SYSTEM "about:legacy-compat"&gt;&#10;</xsl:text>
  <html lang="en">
    <xsl:call-template name="page"/>
  </html>
</xsl:template>

<xsl:template name="menu">
  <p class="menu"><a href="../mod/">Modules</a> | <a href="../mod/quickreference.html">Directives</a> | <a href="../glossary.html">Glossary</a> | <a href="../sitemap.html">Sitemap</a></p>
</xsl:template>

<xsl:template name="lists">
  <xsl:call-template name="topics"/>
  <xsl:call-template name="directives"/>
  <xsl:text>&#10;</xsl:text>
</xsl:template>

<xsl:template name="head-of-section">
  <h2 id="{@id}"><xsl:value-of select="title"/><xsl:call-template name="permalink"><xsl:with-param name="to" select="@id"/></xsl:call-template></h2>
</xsl:template>

<xsl:template name="head-of-directive">
  <xsl:param name="anchor"/>
  <h2 id="{$anchor}"><span id="{name}"><xsl:value-of select="name"/></span> Directive<xsl:call-template name="permalink"><xsl:with-param name="to" select="$anchor"/></xsl:call-template></h2>
</xsl:template>

<xsl:template name="permalink">
  <xsl:param name="to"/>
  <xsl:text> </xsl:text>
  <a title="Permanent link" href="#{$to}" class="permalink">
    <xsl:text disable-output-escaping="yes">&amp;para;</xsl:text>
  </a>
</xsl:template>

<xsl:template match="table/tr[th]">
  <tr class="header"><xsl:apply-templates/></tr>
</xsl:template>
</xsl:stylesheet>
