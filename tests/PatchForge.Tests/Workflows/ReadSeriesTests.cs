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

    private LoadedSeries Read(params GeneratedPatch[] generated) => Read([], generated);

    private LoadedSeries Read(string[] releases, params GeneratedPatch[] generated)
    {
        var line = new LineSettings("2.0", "patches/2.0", [.. generated], null!, [.. releases.Select(Release)], null!, null!); // the rest is not asked for
        return ReadSeries.Run(_home, line, TestContext.Current.CancellationToken);
    }

    private static ReleaseSettings Release(string version) =>
        new(version, default, "", "", null, [], false, System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty);

    [Fact]
    public void A_release_s_own_patch_stands_for_the_line_s_on_that_release_alone()
    {
        Write("patches/2.0/series", "a.patch\nb.patch\n");
        Write("patches/2.0/a.patch", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n");
        Write("patches/2.0/2.0.48/a.patch", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+b\n");
        Write("patches/2.0/2.0.48/b.patch", "--- a/g\n+++ b/g\n@@ -1 +1 @@\n-g\n+G\n");
        Write("patches/2.0/2.0.49/a.patch", "Description: 2.0.49 does without.\n");

        var series = Read(["2.0.48", "2.0.49", "2.0.50"]);
        SeriesMove On(string release, string f) => MoveSeries.Run(new MoveRequest(release, Make.Tree(("f", f), ("g", "g\n")), series), TestContext.Current.CancellationToken);

        var (first, second, third) = (On("2.0.48", "old\n"), On("2.0.49", "x\n"), On("2.0.50", "a\n"));
        Assert.Equal(("b\n", "G\n"), (first.Tree.Text("f"), first.Tree.Text("g")));
        Assert.Equal(("x\n", "g\n"), (second.Tree.Text("f"), second.Tree.Text("g")));
        Assert.Equal(("b\n", "g\n"), (third.Tree.Text("f"), third.Tree.Text("g")));
        Assert.Null(first.Stopped ?? second.Stopped ?? third.Stopped);
        Assert.Equal(["patches/2.0/bases"], Writing.Of(series, first, second, third).Keys);
        Assert.Empty(series.Orphans);
        Assert.Equal(4, series.Files.Count());
    }

    [Theory]
    [InlineData("2.0.47/a.patch", "there are patches in patches/2.0/2.0.47, and the line has no release of that name")]
    [InlineData("2.0.48/c.patch", "a patch of 2.0.48 alone that the series does not name")]
    public void A_release_s_own_patch_is_of_a_release_and_in_the_series(string file, string sentence)
    {
        Write("patches/2.0/series", "a.patch\n");
        Write("patches/2.0/a.patch", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n");
        Write("patches/2.0/" + file, "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n");

        var refused = Assert.Throws<Failure>(() => Read(["2.0.48"]));

        Assert.Equal((sentence, new FileLocation("patches/2.0/" + file)), (refused.Message, refused.At));
    }

    [Fact]
    public void Files_and_generated_patches_are_read_in_the_series_order_and_what_moves_is_written_once()
    {
        Write("patches/2.0/series", "gen.patch\nb.patch\n");
        Write("patches/2.0/b.patch", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n");
        Write("patches/2.0/left.patch", "");
        Write("src/mpm/itk.c", "int main;\n");
        var made = new GeneratedPatch("gen.patch", "src/mpm", "server", "", "Ours");

        var series = Read(made);
        var move = MoveSeries.Run(new MoveRequest("2.0.65", Make.Tree(("f", "a\n")), series), TestContext.Current.CancellationToken);

        Assert.Equal(["gen.patch", "b.patch"], series.Patches.Select(patch => patch.Name.Text));
        Assert.Equal([PatchName.Parse("left.patch")], series.Orphans);
        var writes = Writing.Of(series, move);
        Assert.Equal(["patches/2.0/bases", "patches/2.0/gen.patch"], writes.Keys);
        Assert.Equal(("b\n", "int main;\n"), (move.Tree.Text("f"), move.Tree.Text("server/itk.c")));

        foreach (var (file, bytes) in writes)
        {
            File.WriteAllBytes(Path.Combine(_home, file), bytes.ToArray());
        }

        series = Read(made);
        Assert.Empty(Writing.Of(series, MoveSeries.Run(new MoveRequest("2.0.65", Make.Tree(("f", "a\n")), series), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void A_missing_series_and_a_missing_patch_are_refused_where_they_are_missed()
    {
        Assert.Equal(new FileLocation("patches/2.0/series"), Assert.Throws<Failure>(() => Read()).At);
        Write("patches/2.0/series", "# ours\nb.patch\n");
        Assert.Equal(new FileLocation("patches/2.0/series", 2), Assert.Throws<Failure>(() => Read()).At);
        Write("patches/2.0/b.patch", "--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-a\n+b\n");
        Assert.Equal(new FileLocation("patches/2.0/b.patch", 1), Assert.Throws<Failure>(() => Read()).At);
    }

    [Theory]
    [InlineData("../../old/server/itk.c")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("gone.c")]
    public void A_link_among_our_sources_is_not_shipped(string target)
    {
        Write("patches/2.0/series", "gen.patch\n");
        Write("src/old/server/itk.c", "int both;\n");
        Write("src/new/server/own.c", "int own;\n");
        Link("src/new/server/itk.c", target);

        var failure = Assert.Throws<Failure>(() => Read(new GeneratedPatch("gen.patch", "src/new", "", "server", "Ours")));

        Assert.Equal("a link would go into 'gen.patch'", failure.Message);
        Assert.Equal("src/new/server/itk.c", failure.At?.File);
    }

    private void Link(string file, string target) => File.CreateSymbolicLink(Path.Combine(_home, file), target);
}
