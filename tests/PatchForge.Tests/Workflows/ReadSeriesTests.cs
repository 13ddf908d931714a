using System.Text;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Tests.Diffs;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

public sealed class ReadSeriesTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("patchforge-test-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    private void Write(string file, string text)
    {
        var name = Path.Combine(_home, file);
        Directory.CreateDirectory(Path.GetDirectoryName(name) ?? _home);
        File.WriteAllText(name, text, Encoding.Latin1);
    }

    private Task<LoadedSeries> Read(params GeneratedPatch[] generated)
    {
        var line = new LineSettings("2.0", "patches/2.0", [.. generated], null!, [], null!, null!); // the rest is not asked for
        return ReadSeries.Run(_home, line, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Files_and_generated_patches_are_read_in_the_series_order_and_what_moves_is_written_once()
    {
        Write("patches/2.0/series", "gen.patch\nb.patch\n");
        Write("patches/2.0/b.patch", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n");
        Write("patches/2.0/left.patch", "");
        Write("src/mpm/itk.c", "int main;\n");
        var made = new GeneratedPatch("gen.patch", "src/mpm", "server", "", "Ours");

        var series = await Read(made);
        var move = MoveSeries.Run(new MoveRequest("2.0.65", Make.Tree(("f", "a\n")), series), TestContext.Current.CancellationToken);

        Assert.Equal(["gen.patch", "b.patch"], series.Patches.Select(patch => patch.Name.Text));
        Assert.Equal([PatchName.Parse("left.patch")], series.Orphans);
        Assert.Equal(["patches/2.0/bases", "patches/2.0/gen.patch"], move.Writes.Keys);
        Assert.Equal(("b\n", "int main;\n"), (move.Tree.Text("f"), move.Tree.Text("server/itk.c")));

        foreach (var (file, bytes) in move.Writes)
        {
            File.WriteAllBytes(Path.Combine(_home, file), bytes.ToArray());
        }

        Assert.Empty(MoveSeries.Run(new MoveRequest("2.0.65", Make.Tree(("f", "a\n")), await Read(made)), TestContext.Current.CancellationToken).Writes);
    }

    [Fact]
    public async Task A_missing_series_and_a_missing_patch_are_refused_where_they_are_missed()
    {
        Assert.Equal(new FileLocation("patches/2.0/series"), (await Assert.ThrowsAsync<Failure>(() => Read())).At);
        Write("patches/2.0/series", "# ours\nb.patch\n");
        Assert.Equal(new FileLocation("patches/2.0/series", 2), (await Assert.ThrowsAsync<Failure>(() => Read())).At);
        Write("patches/2.0/b.patch", "--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-a\n+b\n");
        Assert.Equal(new FileLocation("patches/2.0/b.patch", 1), (await Assert.ThrowsAsync<Failure>(() => Read())).At);
    }

    [Theory]
    [InlineData("../../old/server/itk.c")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("gone.c")]
    public async Task A_link_among_our_sources_is_not_shipped(string target)
    {
        Write("patches/2.0/series", "gen.patch\n");
        Write("src/old/server/itk.c", "int both;\n");
        Write("src/new/server/own.c", "int own;\n");
        Link("src/new/server/itk.c", target);

        var failure = await Assert.ThrowsAsync<Failure>(() => Read(new GeneratedPatch("gen.patch", "src/new", "", "server", "Ours")));

        Assert.Equal("a link would go into 'gen.patch'", failure.Message);
        Assert.Equal("src/new/server/itk.c", failure.At?.File);
    }

    private void Link(string file, string target) => File.CreateSymbolicLink(Path.Combine(_home, file), target);
}
