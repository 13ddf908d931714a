<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- The manual page of line 2.0, in the form of that manual: XHTML. page.xsl has what the lines have in common. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:include href="page.xsl"/>
<xsl:output method="xml" encoding="ISO-8859-1" indent="no" omit-xml-declaration="yes"/>

<xsl:variable name="line">2.0</xsl:variable>
<xsl:variable name="title">Apache HTTP Server</xsl:variable>
<xsl:variable name="icon">ico</xsl:variable>
<xsl:variable name="picture">gif</xsl:variable>

<!-- As text: page.xsl serves HTML as well, and so its elements have no namespace. -->
<xsl:template name="html">
  <xsl:text disable-output-escaping="yes">&lt;?xml version="1.0" encoding="ISO-8859-1"?&gt;
&lt;!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"&gt;
&lt;html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"&gt;</xsl:text>
  <xsl:call-template name="page"/>
  <xsl:text disable-output-escaping="yes">&lt;/html&gt;</xsl:text>
</xsl:template>

<xsl:template name="menu">
  <p class="menu"><a href="../mod/">Modules</a> | <a href="../mod/directives.html">Directives</a> | <a href="../faq/">FAQ</a> | <a href="../glossary.html">Glossary</a> | <a href="../sitemap.html">Sitemap</a></p>
</xsl:template>

<xsl:template name="lists">
  <xsl:call-template name="directives"/>
  <xsl:text>&#10;</xsl:text>
  <xsl:call-template name="topics"/>
</xsl:template>

<xsl:template name="head-of-section">
  <h2><a name="{@id}" id="{@id}"><xsl:value-of select="title"/></a></h2>
</xsl:template>

<xsl:template name="head-of-directive">
  <xsl:param name="anchor"/>
  <h2><a name="{name}" id="{name}"><xsl:value-of select="name"/></a><xsl:text> </xsl:text><a name="{$anchor}" id="{$anchor}">Directive</a></h2>
</xsl:template>
</xsl:stylesheet>
