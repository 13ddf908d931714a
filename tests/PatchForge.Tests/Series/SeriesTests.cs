using System.Collections.Immutable;
using System.Text;
using CsCheck;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Tests.Series;

public sealed class SeriesTests
{
    private const string Sample = "# our series\n\n01-a.patch\n02-b.diff -p0 # upstream's own\n   03-c.patch\t-R -p1\n#04-off.patch\n05-e.patch";

    private static readonly string[] Odd =
        ["a.patch", "b.patch -p1", "# \xff", "", " ", "\t#x", "x", "c.diff -p7", "../d.patch", "e.patch\r", "\0", "f.patch  # -p9"];

    private static SeriesFile Read(string text) => SeriesFile.Parse(Encoding.Latin1.GetBytes(text), "series");

    private static string Text(SeriesFile series) => Encoding.Latin1.GetString(series.ToBytes());

    private static PatchName Name(string text) => PatchName.Parse(text);

    [Fact]
    public void Entries_have_their_options_and_the_file_is_written_as_it_was()
    {
        var series = Read(Sample);

        Assert.Equal(
            [("01-a.patch", 1, false, 3), ("02-b.diff", 0, false, 4), ("03-c.patch", 1, true, 5), ("05-e.patch", 1, false, 7)],
            series.Entries.Select(entry => (entry.Name.Text, entry.Strip, entry.Reverse, entry.At.Line)));
        Assert.Equal(Sample, Text(series));
    }

    [Fact]
    public void Any_bytes_are_kept_or_refused_with_their_line() =>
        Gen.Int[0, Odd.Length - 1].Select(at => Odd[at]).List[0, 8].Sample(lines =>
        {
            var text = string.Join('\n', lines);
            try
            {
                Assert.Equal(text, Text(Read(text)));
            }
            catch (Failure failure)
            {
                Assert.InRange(failure.At!.Line, 1, lines.Count);
            }
        });

    [Fact]
    public void Taking_a_patch_out_leaves_every_other_byte() =>
        Assert.Equal(Sample.Replace("02-b.diff -p0 # upstream's own\n", "", StringComparison.Ordinal), Text(Read(Sample).Without(Name("02-b.diff"))));

    [Fact]
    public void A_patch_is_added_last_or_behind_another()
    {
        Assert.Equal(Sample + "\n06-f.patch\n", Text(Read(Sample).With(Name("06-f.patch"))));
        Assert.Equal(Sample.Replace("01-a.patch\n", "01-a.patch\n06-f.patch\n", StringComparison.Ordinal),
            Text(Read(Sample).With(Name("06-f.patch"), Name("01-a.patch"))));
        Assert.Equal("a.patch\n", Text(Read("").With(Name("a.patch"))));
        Assert.Equal(3, Assert.Throws<Failure>(() => Read(Sample).With(Name("01-a.patch"))).At!.Line);
    }

    [Theory]
    [InlineData("a.patch\nb.patch\na.patch\n", 3, "the patch 'a.patch' is named twice, first in line 1")]
    [InlineData("a.patch -p2\n", 1, "an unknown option '-p2'")]
    [InlineData("\na.patch\r\n", 2, "the series file's lines end in CRLF")]
    [InlineData("../a.patch\n", 1, "a patch lies in its series' own folder: no '/' in its name: '../a.patch'")]
    [InlineData("a.txt\n", 1, "a patch's name ends in .patch or .diff: 'a.txt'")]
    [InlineData("a\u0007.patch\n", 1, "a patch's name is printable ASCII without spaces, quotes, '#', '*' and '?': 'a?.patch'")]
    public void What_is_wrong_is_refused_with_its_line(string text, int line, string sentence)
    {
        var failure = Assert.Throws<Failure>(() => Read(text));

        Assert.Equal((sentence, new FileLocation("series", line)), (failure.Message, failure.At));
    }

    [Fact]
    public void A_plan_lays_series_files_and_generated_patches_side_by_side()
    {
        var plan = SeriesPlan.Of(Read("a.patch\ngen.patch\n"), [Name("a.patch"), Name("left.patch")], [Name("gen.patch")]);

        Assert.Equal([("a.patch", false), ("gen.patch", true)], plan.Patches.Select(patch => (patch.Entry.Name.Text, patch.Generated)));
        Assert.Equal([Name("left.patch")], plan.Orphans);
    }

    [Fact]
    public void A_plan_that_lacks_a_patch_is_refused()
    {
        Assert.Equal(new FileLocation("series", 1), Assert.Throws<Failure>(() => SeriesPlan.Of(Read("a.patch\n"), [], [])).At);
        Assert.Equal("the generated patch 'gen.patch' is not named in the series",
            Assert.Throws<Failure>(() => SeriesPlan.Of(Read(""), [], [Name("gen.patch")])).Message);
        Assert.Equal("the generated patch 'gen.patch' takes no options",
            Assert.Throws<Failure>(() => SeriesPlan.Of(Read("gen.patch -R\n"), [], [Name("gen.patch")])).Message);
    }

    [Fact]
    public void Bases_are_written_as_they_are_read()
    {
        var record = new PatchBase(Name("a.patch"), BlobId.Of("x"u8), "2.0.65",
            new Dictionary<TreePath, BlobId> { [TreePath.Parse("a file")] = BlobId.Of([]) }.ToImmutableSortedDictionary());

        var bytes = BasesFile.ToBytes([record]);
        var read = BasesFile.Parse(bytes, "bases").Single();

        Assert.Contains("base e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 a file\n", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.Equal(bytes, BasesFile.ToBytes([read]));
        Assert.Equal(new FileLocation("bases", 2), Assert.Throws<Failure>(() => BasesFile.Parse("# x\nbase x y\n"u8.ToArray(), "bases")).At);
    }
}
