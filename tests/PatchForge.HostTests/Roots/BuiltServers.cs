using PatchForge.Settings;
using PatchForge.Smoke;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>A release built in this machine's root and put through the smoke test's probes; images are kept between runs.</summary>
internal static class BuiltServers
{
    private static readonly SmokeSettings s_smoke = new([new SmokeSite("alpha.test", 64001, 64001), new SmokeSite("beta.test", 64002, 64002)], 8080, TimeSpan.FromSeconds(20), ["itk"]);

    /// <param name="source">The patched tree's folder.</param>
    public static async Task<SmokeAnswer> Smoke(
        RealRoots real, LineSettings line, string version, string source, string variant, bool switches, RemovedGuard removed, CancellationToken cancel)
    {
        var root = await new OpenRoot(real.Outside, real.Roots).Run(real.Roots.Host(), line.Build.Packages, cancel);
        var built = await new BuildRelease(real.Outside, real.Roots).Run(new BuildRequest(root, version, source, line.Build, [variant]), cancel);
        var image = built.Variants[0].Image;
        Assert.True(image is not null, string.Join('\n', built.Variants[0].LastLines));

        return await new SmokeRelease(real.Outside, real.Roots).Run(
            new SmokeRequest(root, version, variant, image, switches, s_smoke) { Removed = removed, Dialect = line.Dialect }, cancel);
    }

    public static void AssertPassed(SmokeAnswer answer)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{answer.Took.TotalSeconds:f1} s\n{Told(answer)}");
        Assert.True(answer.Succeeded, Told(answer));
        Assert.True(answer.Verdicts.Length > 30);
    }

    private static string Told(SmokeAnswer answer) =>
        $"{answer.Kept}\n" + string.Join('\n', answer.Verdicts.Select(verdict => $"{(verdict.Passed ? "ok  " : "FAIL")} {verdict.Name}: {verdict.Seen}"));
}
