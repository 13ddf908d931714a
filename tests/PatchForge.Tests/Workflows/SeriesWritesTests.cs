using System.Collections.Immutable;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Tests.Diffs;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>Whose a patch's new text becomes: the line's, or one release's.</summary>
public sealed class SeriesWritesTests
{
    private const string Five = "Subject: five\n\n--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
    private static readonly string Nine = Make.Numbered(9);
    private static readonly string Two = Nine.Replace("2\n", "zwei\n", StringComparison.Ordinal); // fuzz 1

    private static LoadedSeries Series(params PatchBase[] bases)
    {
        var file = SeriesFile.Parse("a.patch\n"u8.ToArray(), "p/series");
        var bytes = Encoding.ASCII.GetBytes(Five);
        return new LoadedSeries("p", file, [new LoadedPatch(new PlannedPatch(file.Entries[0], false), Patch.Parse(bytes, "p/a.patch"), bytes, bytes)], [], [.. bases]);
    }

    private static LineSettings Line(params (string Version, bool Carried)[] releases) => new(
        "1", "p", [], null!,
        [.. releases.Select(release => new ReleaseSettings(release.Version, default, "", "", null, [], release.Carried, ImmutableSortedDictionary<string, string>.Empty))],
        new EbuildSettings("8", "", new Uri("https://example.org"), "", "0", [], "t", 0), null!);

    private static SeriesMove On(string release, string f, LoadedSeries series, string? resolved = null) => MoveSeries.Run(
        new MoveRequest(release, Make.Tree(("f", f)), series, release.EndsWith("fuzz", StringComparison.Ordinal) ? [PatchName.Parse("a.patch")] : [])
        {
            Resolved = resolved is null ? ImmutableSortedDictionary<PatchName, Resolution>.Empty
                : ImmutableSortedDictionary<PatchName, Resolution>.Empty.Add(PatchName.Parse("a.patch"), new Resolution(Encoding.ASCII.GetBytes(resolved))),
        },
        TestContext.Current.CancellationToken);

    [Fact]
    public void A_text_that_is_right_for_every_release_becomes_the_line_s()
    {
        var series = Series();
        var changes = SeriesWrites.Of(Line(("1-fuzz", true), ("2-fuzz", true)), series, [On("1-fuzz", Two, series), On("2-fuzz", "0\n" + Two, series)], []);

        Assert.Equal(["p/a.patch"], changes.Texts.Keys);
        Assert.StartsWith("Subject: five\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n zwei\n", Encoding.ASCII.GetString(changes.Texts["p/a.patch"].Span), StringComparison.Ordinal);
        Assert.Equal(["1-fuzz"], changes.Bases.Select(record => record.Release));
    }

    [Fact]
    public void A_text_that_one_release_alone_takes_becomes_that_release_s()
    {
        var series = Series();
        var changes = SeriesWrites.Of(Line(("1", true), ("2-fuzz", true)), series, [On("1", Nine, series), On("2-fuzz", Two, series)], []);

        Assert.Equal(["p/2-fuzz/a.patch"], changes.Texts.Keys);
        Assert.Equal(["1", "2-fuzz"], changes.Bases.Select(record => record.Release));
        Assert.Contains("2-fuzz: p/2-fuzz/a.patch: applied with fuzz that was accepted; a patch of its own, since other releases need the line's", changes.Notes);
    }

    [Theory]
    [InlineData(true, "p/2-fuzz/a.patch")]
    [InlineData(false, "p/a.patch")]
    public void A_release_that_users_get_and_nobody_can_look_at_keeps_its_patch(bool carried, string written)
    {
        var series = Series();
        Assert.Equal([written], SeriesWrites.Of(Line(("1", carried), ("2-fuzz", true)), series, [On("2-fuzz", Two, series)], []).Texts.Keys);
    }

    [Fact]
    public void A_text_that_makes_another_program_of_another_release_is_not_its()
    {
        var series = Series();
        var resolved = Five.Replace("+five", "+FIVE", StringComparison.Ordinal);
        var changes = SeriesWrites.Of(Line(("1", true), ("2", true)), series, [On("2", Nine, series, resolved)], [On("1", Nine, series)]);

        Assert.Equal(["p/2/a.patch"], changes.Texts.Keys);
    }

    [Fact]
    public void What_is_merged_in_one_release_is_left_out_there_and_in_all_of_them_nothing_is_written()
    {
        var series = Series();
        var merged = Nine.Replace("5\n", "five\n", StringComparison.Ordinal);
        var one = SeriesWrites.Of(Line(("1", true), ("2", true)), series, [On("1", Nine, series), On("2", merged, series)], []);
        Assert.Equal("Subject: five\n\nApplied-Upstream: 2, all of it, so that 2 does without this patch.\n", Encoding.ASCII.GetString(one.Texts["p/2/a.patch"].Span));
        Assert.NotNull(PatchHeader.Of(Patch.Parse(one.Texts["p/2/a.patch"], "a.patch")).AppliedUpstream);

        Assert.Empty(SeriesWrites.Of(Line(("1", true), ("2", true)), series, [On("1", merged, series), On("2", merged, series)], []).Texts);
    }

    [Fact]
    public void A_move_merges_with_the_release_that_the_patch_was_made_on()
    {
        var series = Series();
        var moved = Nine.Replace("3\n", "drei\n", StringComparison.Ordinal).Replace("8\n", "acht\n", StringComparison.Ordinal);
        var ancestors = new Ancestors(series, ["1", "2"], release => release == "1" ? Make.Tree(("f", Nine)) : null);
        var move = MoveSeries.Run(new MoveRequest("2", Make.Tree(("f", moved)), series) { Ancestors = ancestors }, TestContext.Current.CancellationToken);

        Assert.Equal("merged with what changed since 1", Assert.IsType<MoveResult.Modified>(move.Patches.Single().Result).Why);
        Assert.Equal(moved.Replace("5\n", "five\n", StringComparison.Ordinal), move.Tree.Text("f"));
        Assert.StartsWith("Subject: five\n\n", Encoding.ASCII.GetString(move.Patches.Single().Text.Span), StringComparison.Ordinal);

        var both = MoveSeries.Run(new MoveRequest("2", Make.Tree(("f", Nine.Replace("5\n", "fuenf\n", StringComparison.Ordinal))), series) { Ancestors = ancestors }, TestContext.Current.CancellationToken);
        Assert.True(both.Stopped is { Merge: { Ancestor: "1", Merge.IsClean: false } });
    }

    [Fact]
    public void A_resolution_of_one_release_is_tried_on_another()
    {
        var series = Series();
        var other = Nine.Replace("5\n", "fuenf\n", StringComparison.Ordinal);
        var resolved = Five.Replace("-5\n", "-fuenf\n", StringComparison.Ordinal);
        var move = MoveSeries.Run(
            new MoveRequest("2", Make.Tree(("f", other)), series)
            {
                OtherTexts = ImmutableSortedDictionary<PatchName, ImmutableArray<OtherText>>.Empty.Add(PatchName.Parse("a.patch"), [new OtherText("1", Encoding.ASCII.GetBytes(resolved))]),
            },
            TestContext.Current.CancellationToken);

        Assert.Equal("as on 1", Assert.IsType<MoveResult.Modified>(move.Patches.Single().Result).Why);
    }

    [Fact]
    public void A_release_s_ebuild_applies_its_own_patch_and_none_without_diffs()
    {
        var series = Series();
        var own = "Subject: five\n\nLeft out.\n"u8.ToArray();
        var texts = ImmutableSortedDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
            .Add("p/2/a.patch", Encoding.ASCII.GetBytes(Five)).Add("p/3/a.patch", own);
        var shipped = ShippedSeries.Of(Line(("1", true), ("2", true), ("3", true), ("4", false)), series, texts, isMoved: true);

        Assert.Equal(["2/a.patch", "a.patch"], shipped.Patches.Select(patch => patch.Name.Text).Order(StringComparer.Ordinal));
        Assert.Equal(["a.patch"], shipped.Of("1").Select(name => name.Text));
        Assert.Equal(["2/a.patch"], shipped.Of("2").Select(name => name.Text));
        Assert.Empty(shipped.Of("3"));
    }
}
