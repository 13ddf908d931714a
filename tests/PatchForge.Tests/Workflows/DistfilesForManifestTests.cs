using System.Collections.Immutable;
using PatchForge.Manifests;
using PatchForge.Settings;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>What a Manifest is written from: a file, or all that a line of it says where it was published.</summary>
public sealed class DistfilesForManifestTests : IDisposable
{
    private static readonly string Blake2b = new('b', 128);
    private static readonly string Sha512 = new('5', 128);

    private readonly OneRelease _project = new();

    public void Dispose() => _project.Dispose();

    private Task<ImmutableArray<DistfileFacts>> Facts(long? size, string[] algorithms, bool ebuild = true, params (string, string)[] unofficial)
    {
        var settings = _project.Settings(withDigest: false);
        var line = settings.Lines[0];
        var release = line.Releases[0] with
        {
            Ebuild = ebuild,
            Size = size,
            Digests = [.. algorithms.Select(algorithm => new PublishedDigest(algorithm, algorithm == "BLAKE2B" ? Blake2b : Sha512, "ports"))],
        };
        return DistfilesForManifest.Run(
            _project.Outside, _project.Variable, settings with { Lines = [line with { Releases = [release] }] }, null, unofficial, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Without_the_file_the_line_is_what_was_published() =>
        Assert.Equal([new DistfileFacts(OneRelease.Distfile, 7, Blake2b, Sha512)], await Facts(7, ["BLAKE2B", "SHA512"]));

    [Theory]
    [InlineData(7L, "SHA512", true)]
    [InlineData(7L, "BLAKE2B", true)]
    [InlineData(null, "BLAKE2B SHA512", true)]
    [InlineData(7L, "BLAKE2B SHA512", false)]
    public async Task Less_than_a_whole_line_is_no_line(long? size, string algorithms, bool ebuild) =>
        Assert.Empty(await Facts(size, algorithms.Split(' '), ebuild));

    [Fact]
    public async Task An_unofficial_file_in_a_scratch_copy_is_itself()
    {
        var file = _project.Folder.Write("other/" + OneRelease.Distfile, _project.Other);

        var facts = Assert.Single(await Facts(7, ["BLAKE2B", "SHA512"], ebuild: true, (OneRelease.Distfile, file)));

        Assert.Equal(_project.Other.Length, facts.Size);
        Assert.NotEqual(Blake2b, facts.Blake2b);
    }
}
