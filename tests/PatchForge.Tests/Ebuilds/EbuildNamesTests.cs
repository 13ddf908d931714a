using System.Text;
using PatchForge.Ebuilds;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Tests.Ebuilds;

public sealed class EbuildNamesTests
{
    [Theory]
    [InlineData("apache", "apache-2.0.65.ebuild", "2.0.65", "0")]
    [InlineData("apache", "apache-2.0.65-r12.ebuild", "2.0.65", "12")]
    [InlineData("gtk+", "gtk+-1.2b_rc3_p20060101.ebuild", "1.2b_rc3_p20060101", "0")]
    [InlineData("a-b", "a-b-1.ebuild", "1", "0")]
    public void A_name_is_split_as_PMS_says(string package, string name, string version, string revision) =>
        Assert.Equal((version, revision), EbuildVersion.Split(package, name));

    [Theory]
    [InlineData("apache", "apache-2.0.65")]
    [InlineData("apache", "httpd-2.0.65.ebuild")]
    [InlineData("apache", "apache-.ebuild")]
    [InlineData("apache", "apache-2.0.65-r.ebuild")]
    [InlineData("apache", "apache-2.0.65_gold1.ebuild")]
    [InlineData("apache", "apache-tools-2.0.65.ebuild")]
    public void Another_name_is_none(string package, string name) => Assert.Null(EbuildVersion.Split(package, name));

    [Theory]
    [InlineData("2.0.65 ; rm")]
    [InlineData("")]
    [InlineData("2..0")]
    public void A_version_that_PMS_does_not_know_is_refused(string version) =>
        Assert.Throws<Failure>(() => EbuildVersion.Check(version, null));

    [Theory]
    [InlineData("# c\n\nEAPI=8\n", "8")]
    [InlineData("EAPI='7' # old\n", "7")]
    [InlineData("  EAPI=\"8\"\n", "8")]
    [InlineData("inherit x\nEAPI=8\n", null)]
    [InlineData("EAPI='8\"\n", null)]
    [InlineData("", null)]
    public void EAPI_is_read_from_the_first_line_that_counts(string ebuild, string? eapi) =>
        Assert.Equal(eapi, EbuildVersion.Eapi(Encoding.UTF8.GetBytes(ebuild)));

    [Fact]
    public void SRC_URI_names_files_through_flags_groups_and_renames() =>
        Assert.Equal(
            ["b.tar", "c-1.tar", "d.asc"],
            SourceAddresses.Names("https://x/a/b.tar flag? ( https://x/y -> c-1.tar !other? ( https://x/d.asc ) ) https://z/b.tar"));

    [Fact]
    public void The_patch_folder_wants_the_series_and_drops_only_what_its_record_names()
    {
        var wanted = PatchFolderFiles.Wanted(
            [new(TreePath.Parse("b.patch"), "B"u8.ToArray()), new(TreePath.Parse("a.patch"), "A"u8.ToArray())],
            "# head\nold.patch\na.patch\n../../etc/passwd\n"u8);

        Assert.Equal(["a.patch", "b.patch", "old.patch", "series"], wanted.Keys.Select(name => name.Text));
        Assert.Equal(["old.patch"], wanted.Where(file => file.Value is null).Select(file => file.Key.Text));
        Assert.EndsWith("\nb.patch\na.patch\n", Encoding.UTF8.GetString(wanted[TreePath.Parse("series")]!.Value.Span), StringComparison.Ordinal); // Named above.
    }

    [Fact]
    public void A_patch_called_like_the_record_is_refused() =>
        Assert.Throws<Failure>(() => PatchFolderFiles.Wanted([new(TreePath.Parse("series"), default)], []));

    [Fact]
    public void A_cache_entry_is_read_for_what_tells_whether_it_is_true()
    {
        var entry = CacheEntry.TryParse("EAPI=8\n_eclasses_=a\t1\tb\t2\n_md5_=0123456789abcdef0123456789abcdef\n"u8);

        Assert.Equal("0123456789abcdef0123456789abcdef", entry?.EbuildMd5);
        Assert.Equal([new("a", "1"), new("b", "2")], entry!.Eclasses); // Asserted above.
        Assert.Null(CacheEntry.TryParse("EAPI=8\n"u8));
        Assert.Null(CacheEntry.TryParse("_eclasses_=a\n_md5_=0123456789abcdef0123456789abcdef\n"u8));
    }
}
