using PatchForge.Workflows;

namespace PatchForge.Tests.Shared;

/// <summary>A refresh in which everything that a report can show is there once, hostile text among it.</summary>
internal static class SampleAnswers
{
    private static AttackFacts Stopped { get; } = new("pool", "stopped", "stopped", "as expected", "", "setuid 0", "EPERM", "");

    /// <summary>One verdict as expected, one guard that is shown, one attack that got through.</summary>
    public static AttackAnswer Attacked { get; } = new(
        "2.0.65",
        null,
        ["pool"],
        [
            new AttackRow("uid-root", 1, "become root", "EPERM", "a test", ["setuid"], null, [Stopped], Stopped with { Model = "without setuid", Expected = "succeeded", Outcome = "succeeded" }),
            new AttackRow("file-victim", 1, "read another's file", "EACCES", "a test", [], "nothing to take out", [Stopped with { Outcome = "succeeded", Verdict = "wrong", Why = "it got through", Evidence = "now <uid> 0\u001b[2J" }], null),
        ],
        [new UnprovenGuard("regain", "a reason")],
        12,
        "/somewhere");

    public static RefreshAnswer Refresh { get; } = new(
        "www-servers/apache",
        "patchforge 0.1.0",
        DryRun: false,
        Scratch: "/tmp/patchforge-scratch/a-folder-with-quite-a-long-name/overlay",
        Releases:
        [
            new ReleaseAnswer(
                "2.0.65",
                "2.0",
                new SourceFacts("httpd-2.0.65.tar.bz2", "/var/cache/distfiles", "unofficial", "SHA1 is 00…, published was 01… (NetBSD pkgsrc)"),
                [
                    new PatchFacts("0001-buildconf.patch", "build: copy every m4 file of libtool 2.4", false, "unmodified", []),
                    new PatchFacts(
                        "0002-config-m4.patch",
                        "<script>alert('a subject from a hostile patch')</script>",
                        false,
                        "modified",
                        [new HunkFacts("server/mpm/config.m4", 12, "offset", 3, 0, "@@ -9,3 +9,4 @@\n a\n-b\n+c\n", "@@ -12,3 +12,4 @@\n a\n-b\n+c\n")]),
                    new PatchFacts("0100-mpm-itk-core.patch", "mpm-itk: the MPM's core", true, "new", []),
                ],
                new EbuildFacts("overlay/www-servers/apache/apache-2.0.65.ebuild", "written", "scratch", "no eclass autotools at hand"),
                [new BuildFacts("itk", "host", "configure-make-install", true, false, 83.2, "/tmp/patchforge/logs/2.0.65-itk.log", ["make: done"])],
                [new SmokeFacts("itk", 4.2, [new ProbeFacts("alpha serves its own page", "200 alpha", "200 alpha", true)], null)],
                null)
            {
                Attack = Attacked,
                Figures = SampleBench.Answer,
            },
            new ReleaseAnswer(
                "2.0.58",
                "2.0",
                null,
                [new PatchFacts("0002-config-m4.patch", "registers the MPM", false, "conflict", [new HunkFacts("server/mpm/config.m4", 9, "conflict", 0, 0, "@@ -9,3 +9,4 @@\n a\n-b\n+c\n", "")])],
                null,
                [new BuildFacts("itk", "host", "configure-make-install", false, false, 12, "/tmp/patchforge/logs/2.0.58-itk.log", ["error: \u001b[31mred\u001b[0m"])],
                [new SmokeFacts("itk", 1, [new ProbeFacts("beta's page through alpha's host name", "403 or 404", "200 beta", false)], "/tmp/patchforge/kept/2.0.58-itk")],
                new FailureFacts("conflict", 3, "0002-config-m4.patch does not apply to 2.0.58", "look at both sides, then: patchforge apply 2.0.58 --to DIR", "patches/mpm-itk/2.0/0002-config-m4.patch:14")),
        ],
        Changed: ["overlay/www-servers/apache/Manifest", "overlay/www-servers/apache/apache-2.0.65.ebuild"],
        Notes: ["apache-2.0.59: the official distfile httpd-2.0.59.tar.bz2 is missing; its Manifest entry was left as it was"]);
}
