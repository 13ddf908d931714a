using System.Text;
using PatchForge.Diffs;
using PatchForge.Series;

namespace PatchForge.Tests.Series;

public sealed class HeaderRulesTests
{
    private const string Diff = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n+2\n";

    [Theory]
    [InlineData("Subject: s\nForwarded: not-needed\nUpstream-Status: Inappropriate [dead]\n\ntext\n")]
    [InlineData("Description: d\n long\nAuthor: A <a@b>\nOrigin: upstream, https://example.org/c/1\nBug: https://example.org/1\nLast-Update: 2024-02-29\nApplied-Upstream: 2.0.66\n")]
    [InlineData("From 0123456789 Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nDate: Tue, 5 Mar 2024 07:08:09 +0130\nSubject: [PATCH] s\n\nFrom: nobody, and Bug: none\nDate: any\n")]
    [InlineData("Only prose.\n")]
    [InlineData("Subject: s\nUpstream-Status: Pending\n\n")]
    [InlineData("Subject: s\nForwarded: https://lists.example.org/1\nOrigin: backport, commit 1234567\n\n")]
    public void Good_headers_have_no_findings(string header) => Assert.Equal([], Check(header));

    [Theory]
    [InlineData("Subject: s\nUpstream-Status: Merged\n", "p:2: Upstream-Status is Pending, Submitted, Backport, Denied, Inappropriate or Inactive-Upstream (OpenEmbedded), not 'Merged'")]
    [InlineData("Subject: s\n\ntext\n\nUpstream-Status: Submitted\n", "p:5: Upstream-Status: Submitted wants to say where, in brackets: [ … ]")]
    [InlineData("Subject: s\nUpstream-Status: Inappropriate\n", "p:2: Upstream-Status: Inappropriate wants to say why, in brackets: [ … ]")]
    [InlineData("Subject: s\nLast-Update: 2023-02-29\n", "p:2: Last-Update is a date such as 2026-01-31 (DEP-3), not '2023-02-29'")]
    [InlineData("Subject: s\nDate: yesterday\n", "p:2: Date cannot be read: 'yesterday' (RFC 5322, section 3.3)")]
    [InlineData("Subject: s\nBug: broken\n", "p:2: Bug is the address of a report in upstream's tracker (DEP-3), not 'broken'")]
    [InlineData("Subject: s\nForwarded: maybe\n", "p:2: Forwarded is no, not-needed, yes or an address (DEP-3), not 'maybe'")]
    [InlineData("Subject: s\nOrigin: found\n", "p:2: Origin is upstream, backport, vendor or other, with an address or commit, or one of those alone (DEP-3), not 'found'")]
    [InlineData("Subject: s\nAuthor: somebody\n", "p:2: Author has no mail address: 'somebody'")]
    [InlineData("Subject: s\nForwarded:\n", "p:2: Forwarded is empty")]
    [InlineData("Subject: s\nForwarded: no\nForwarded: yes\n", "p:3: Forwarded is said twice, first in line 2")]
    [InlineData("Subject: s\nForwardde: no\n", "p:2: nothing knows the field 'Forwardde': is Forwarded meant?")]
    [InlineData("Subject: s\nUpstream-Staus: Pending\n", "p:2: nothing knows the field 'Upstream-Staus': is Upstream-Status meant?")]
    [InlineData("", "p:1: nothing says what the patch is for: begin it with 'Subject: …' and a text (DEP-3)")]
    [InlineData("# only a comment\n\n", "p:1: nothing says what the patch is for: begin it with 'Subject: …' and a text (DEP-3)")]
    public void What_a_field_is_not_for_is_found_with_its_line(string header, string finding) => Assert.Equal([finding], Check(header));

    private static IEnumerable<string> Check(string header) => HeaderRules.Check(Patch.Parse(Encoding.UTF8.GetBytes(header + Diff), "p")).Select(finding => finding.ToString());
}
