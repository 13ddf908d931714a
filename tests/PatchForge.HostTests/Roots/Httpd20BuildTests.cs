using PatchForge.Host.Roots;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>Real builds. They use the user's own state folder, so that the layer and the images are made once.</summary>
[Trait("Long", "true")]
public sealed class Httpd20BuildTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2.0.65")]
    [InlineData("2.0.58")]
    public async Task A_release_builds_in_a_view_of_the_machine(string version)
    {
        using var scratch = await RealRoots.Need(Cancel);
        using var real = new RealRoots(NamespaceRoots.UsualStateFolder());
        var source = await Httpd20.Unpack(version, scratch.Folder, real.Outside.Processes, Cancel);
        var root = await new OpenRoot(real.Outside, real.Roots).Run(real.Roots.Host(), Httpd20.Build.Packages, Cancel);

        var answer = await new BuildRelease(real.Outside, real.Roots).Run(
            new BuildRequest(root, version, source, Httpd20.Build, Httpd20.HasSeries ? ["itk", "prefork"] : ["prefork"]),
            Cancel);

        foreach (var variant in answer.Variants)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{variant.Variant}: reused {variant.Reused}, took {variant.Took.TotalSeconds:f1} s");
            Assert.True(variant.Succeeded, $"{variant.Failed}, {variant.Log}:\n{string.Join('\n', variant.LastLines)}");
            Assert.True(File.Exists(Path.Combine(variant.Image ?? "", "bin/httpd")));
        }
    }
}
