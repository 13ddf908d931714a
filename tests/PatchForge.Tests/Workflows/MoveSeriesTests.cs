using System.Collections.Immutable;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

public sealed class MoveSeriesTests
{
    private const string Header = "From: A <a@example.org>\nSubject: five\n\nBecause.\n\n";
    private const string Five = Header + "--- a/f\t2004-01-01\n+++ b/f\t2004-01-01\n@@ -2,7 +2,7 @@ heading\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";

    private static readonly LayeredTree Release = Make.Tree(("f", Make.Numbered(9)), ("g", "g\n"));

    private static LoadedPatch Load(string name, string text, string options = "", string? onDisk = "same")
    {
        var entry = SeriesFile.Parse(Encoding.UTF8.GetBytes($"{name} {options}\n"), "series").Entries.Single();
        var bytes = Encoding.Latin1.GetBytes(text);
        // A null array would become an empty file on its way to a ReadOnlyMemory, hence the cast.
        return new LoadedPatch(new PlannedPatch(entry, onDisk != "same"), Patch.Parse(bytes, "p/" + name, entry.Strip), bytes,
            onDisk is null ? (ReadOnlyMemory<byte>?)null : onDisk == "same" ? bytes : Encoding.Latin1.GetBytes(onDisk));
    }

    private static SeriesMove Move(ITree tree, params LoadedPatch[] patches) => Move(tree, [], [], patches);

    private static SeriesMove Move(ITree tree, ImmutableArray<PatchBase> bases, ImmutableHashSet<PatchName> acceptFuzz, params LoadedPatch[] patches) =>
        MoveSeries.Run(new MoveRequest("2.0.65", tree, Series(bases, patches), acceptFuzz), TestContext.Current.CancellationToken);

    private static LoadedSeries Series(ImmutableArray<PatchBase> bases, params LoadedPatch[] patches) => new("p", SeriesFile.Parse(default, "p/series"), [.. patches], [], bases);

    /// <summary>What a refresh would write for the move of a series that had these records.</summary>
    private static ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Writes(SeriesMove move, params ImmutableArray<PatchBase> bases) =>
        Writing.Of(Series(bases, [.. move.Patches.Select(patch => patch.Loaded)]), move);

    [Fact]
    public void A_patch_that_fits_is_unmodified_and_only_its_base_is_recorded()
    {
        var move = Move(Release, Load("a.patch", Five));

        Assert.IsType<MoveResult.Unmodified>(move.Patches.Single().Result);
        Assert.Equal(["p/bases"], Writes(move).Keys);
        Assert.Equal((TreePath.Parse("f"), BlobId.Of(Encoding.ASCII.GetBytes(Make.Numbered(9)))), move.Bases.Single().Files.Select(file => (file.Key, file.Value)).Single());
        Assert.Empty(Writes(Move(Release, move.Bases, [], Load("a.patch", Five)), move.Bases));
    }

    [Fact]
    public void An_offset_rewrites_nothing_and_records_nothing()
    {
        var known = Move(Release, Load("a.patch", Five)).Bases;
        var moved = Make.Tree(("f", "0\n" + Make.Numbered(9)));

        var move = Move(moved, Load("a.patch", Five));

        Assert.IsType<MoveResult.Unmodified>(move.Patches.Single().Result);
        Assert.True(move.Patches.Single().Outcome!.HasOffset);
        Assert.Empty(move.Bases);
        Assert.Empty(Writes(Move(moved, known, [], Load("a.patch", Five)), known));
    }

    [Fact]
    public void Fuzz_stops_the_series_unless_it_is_accepted_by_name()
    {
        var fuzzy = Make.Tree(("f", "1\nchanged\n3\n4\n5\n6\n7\n8\n"));

        var move = Move(fuzzy, Load("a.patch", Five), Load("b.patch", Five));

        Assert.True(move.Stopped is { Result: MoveResult.Conflict { OnlyFuzz: true } });
        Assert.IsType<MoveResult.NotReached>(move.Patches[1].Result);
        Assert.Equal(Make.Tree().Paths().Count() + 1, move.Tree.Paths().Count());
        var problem = ApplySeries.Problem(move)!;
        Assert.Equal((FailureKind.Conflict, new FileLocation("p/a.patch", 8)), (problem.Kind, problem.At));
        Assert.Equal("a.patch applies to 2.0.65 only with fuzz 1: f:2: 1 lines of context differ", problem.Message);
    }

    [Fact]
    public void Who_only_looks_sees_the_patches_behind_a_conflict_too()
    {
        var other = Make.Tree(("f", "1\n2\n3\n4\nother\n6\n7\n8\n9\n"), ("g", "g\n"));
        var series = new LoadedSeries("p", SeriesFile.Parse(default, "p/series"),
            [Load("a.patch", Five), Load("b.patch", "--- a/g\n+++ b/g\n@@ -1 +1 @@\n-g\n+G\n"), Load("c.patch", Five.Replace("+five", "+FIVE", StringComparison.Ordinal))], [], []);

        var move = MoveSeries.Run(new MoveRequest("2.0.65", other, series) { GoOn = true }, TestContext.Current.CancellationToken);

        Assert.Equal(["Conflict", "Unmodified", "Conflict"], move.Patches.Select(patch => patch.Result.GetType().Name));
        Assert.Equal([null, null, "a.patch"], move.Patches.Select(patch => patch.Behind?.Text));
        Assert.Equal("G\n", move.Tree.Text("g"));
    }

    [Fact]
    public void The_ancestor_is_the_recorded_release_or_one_that_the_patch_fits_exactly()
    {
        var (old, moved) = (Make.Tree(("f", Make.Numbered(9))), Make.Tree(("f", "0\n" + Make.Numbered(9))));
        ITree? Source(string release) => release switch { "2.0.58" => old, "2.0.59" => moved, _ => null };
        var patch = Load("a.patch", Five);
        LoadedSeries Series(params PatchBase[] bases) => new("p", SeriesFile.Parse(default, "p/series"), [patch], [], [.. bases]);
        Ancestor? Find(LoadedSeries series) => new Ancestors(series, ["2.0.55", "2.0.58", "2.0.59", "2.0.61"], Source).Find(patch, "2.0.61", TestContext.Current.CancellationToken);

        Assert.Equal("2.0.58", Find(Series())?.Release); // 2.0.59 is nearer, and the patch fits there with an offset only
        var recorded = Move(moved, Load("a.patch", Five.Replace("-2,7 +2,7", "-3,7 +3,7", StringComparison.Ordinal))).Bases.Single();
        Assert.Equal("2.0.59", Find(Series(recorded with { Text = BlobId.Of(patch.Bytes.Span), Release = "2.0.55" }))?.Release); // by its blobs, though the release is not at hand
        Assert.Null(Find(Series(recorded with { Text = BlobId.Of(patch.Bytes.Span), Files = recorded.Files.SetItem(TreePath.Parse("f"), BlobId.Of("x"u8)) })));
    }

    [Fact]
    public void Accepted_fuzz_is_written_anew_with_the_header_as_it_was()
    {
        var fuzzy = Make.Tree(("f", "1\nchanged\n3\n4\n5\n6\n7\n8\n"));

        var move = Move(fuzzy, [], [PatchName.Parse("a.patch")], Load("a.patch", Five));

        Assert.IsType<MoveResult.Modified>(move.Patches.Single().Result);
        Assert.Equal(
            Header + "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n changed\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
            Encoding.Latin1.GetString(Writes(move)["p/a.patch"].Span));
        Assert.Equal("2.0.65", move.Bases.Single().Release);
    }

    [Fact]
    public void Accepted_fuzz_of_a_reversed_patch_is_written_in_its_own_direction()
    {
        var fuzzy = Make.Tree(("f", "1\nchanged\n3\n4\nfive\n6\n7\n8\n"));

        var move = Move(fuzzy, [], [PatchName.Parse("a.patch")], Load("a.patch", Five, "-R"));

        Assert.Equal("1\nchanged\n3\n4\n5\n6\n7\n8\n", move.Tree.Text("f"));
        Assert.Contains("\n-5\n+five\n", Encoding.Latin1.GetString(Writes(move)["p/a.patch"].Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_that_upstream_has_is_merged_and_the_series_goes_on()
    {
        var merged = Make.Tree(("f", "0\n1\n2\n3\n4\nfive\n6\n7\n8\n9\n"), ("g", "g\n"));

        var move = Move(merged, Load("a.patch", Five), Load("b.patch", "--- a/g\n+++ b/g\n@@ -1 +1 @@\n-g\n+G\n"));

        var result = Assert.IsType<MoveResult.AlreadyMerged>(move.Patches[0].Result);
        Assert.True(result.Proof.Proves);
        Assert.IsType<MoveResult.Unmodified>(move.Patches[1].Result);
        Assert.Equal("G\n", move.Tree.Text("g"));
    }

    [Fact]
    public void Half_of_a_patch_upstream_is_no_proof()
    {
        var both = Five + "--- a/g\n+++ b/g\n@@ -1 +1 @@\n-g\n+G\n";

        var move = Move(Make.Tree(("f", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"), ("g", "g\n")), Load("a.patch", both));

        Assert.True(move.Stopped is { Result: MoveResult.Conflict { OnlyFuzz: false } });
        Assert.Equal("a.patch does not apply to 2.0.65: f:2: the hunk is in the source already, unlike the rest", ApplySeries.Problem(move)!.Message);
        Assert.Same(move.Patches[0], move.Stopped);
    }

    [Fact]
    public void A_conflict_says_what_was_wanted_and_what_was_found()
    {
        var problem = Assert.Throws<Failure>(() => ApplySeries.Run(
            new MoveRequest("2.0.58", Make.Tree(("f", "1\n2\n3\n4\nother\n6\n7\n8\n9\n")),
                new LoadedSeries("p", SeriesFile.Parse(default, "p/series"), [Load("a.patch", Five)], [], [])),
            TestContext.Current.CancellationToken));

        Assert.Equal("a.patch does not apply to 2.0.58: f:2: its old lines are not in the file; wanted '5', found 'other'", problem.Message);
        Assert.Equal(["p/a.patch:8: f:2: its old lines are not in the file; wanted '5', found 'other'"], problem.Facts["places"]);
    }

    [Fact]
    public void A_patch_without_diffs_is_empty() =>
        Assert.IsType<MoveResult.Empty>(Move(Release, Load("a.patch", "Description: nothing\n")).Patches.Single().Result);

    [Fact]
    public void A_generated_patch_is_new_then_unmodified_then_modified()
    {
        var made = new GeneratedPatch("gen.patch", "src/mpm", "server/mpm", "", "Our module");
        var text = Encoding.Latin1.GetString(GeneratePatch.Run(made, Make.Tree(("itk/itk.c", "int main;\n"), (".gitignore", "*.o\n"))));

        Assert.Equal(
            "# Generated by patchforge from src/mpm/ - do not edit, change the sources there.\nSubject: Our module\n\n"
            + "diff --git a/server/mpm/itk/itk.c b/server/mpm/itk/itk.c\nnew file mode 100644\n--- /dev/null\n+++ b/server/mpm/itk/itk.c\n@@ -0,0 +1 @@\n+int main;\n",
            text);
        Assert.IsType<MoveResult.New>(Move(Release, Load("gen.patch", text, onDisk: null)).Patches.Single().Result);
        Assert.Empty(Writes(Move(Release, Load("gen.patch", text, onDisk: text))));
        var changed = Move(Release, Load("gen.patch", text, onDisk: text + "x"));
        Assert.IsType<MoveResult.Modified>(changed.Patches.Single().Result);
        Assert.Equal(text, Encoding.Latin1.GetString(Writes(changed)["p/gen.patch"].Span));
    }

    [Fact]
    public void Below_takes_a_part_of_our_folder_and_its_place_stays()
    {
        var made = new GeneratedPatch("gen.patch", "src/mpm-itk", "", "server", "Our module");

        var patch = Patch.Parse(GeneratePatch.Run(made, Make.Tree(("server/a.c", "a\n"), ("docs/b", "b\n"))), "gen.patch");

        Assert.Equal(["server/a.c"], patch.Files.Select(file => file.Change.Path.Text));
    }

    [Theory]
    [InlineData("a.c~", TreeMode.Regular, "a leftover of an editor or a compiler would go into 'gen.patch'")]
    [InlineData("a.c", TreeMode.Link, "a link would go into 'gen.patch'")]
    [InlineData(".hidden", TreeMode.Regular, "the generated patch 'gen.patch' has no sources: 'src' is empty or not there")]
    public void What_is_no_source_of_ours_is_not_generated(string path, TreeMode mode, string sentence)
    {
        var sources = new LayeredTree().With(Make.File(path, "x\n", mode));

        Assert.Equal(sentence, Assert.Throws<Failure>(() => GeneratePatch.Run(new GeneratedPatch("gen.patch", "src", "", "", "S"), sources)).Message);
    }
}
