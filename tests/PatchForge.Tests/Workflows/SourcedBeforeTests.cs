using System.Collections.Immutable;
using System.Text;
using PatchForge.Ebuilds;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>What sourcing told is taken again for the very same files alone.</summary>
public sealed class SourcedBeforeTests : IDisposable
{
    private static readonly EbuildToSource Ebuild = Of("EAPI=8\ninherit small\n");

    private readonly TemporaryFolder _folder = new();
    private readonly EclassSources _eclasses;
    private readonly EbuildMetadata _metadata;

    public SourcedBeforeTests()
    {
        _eclasses = new([_folder["own"], _folder["gentoo"]]);
        var eclass = _folder.Write("gentoo/small.eclass", "BDEPEND=x\n"u8.ToArray());
        _metadata = new(
            ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("EAPI", "8"), KeyValuePair.Create("SRC_URI", "https://a/b?c=d e"), KeyValuePair.Create("INHERITED", "small")]),
            [new("small", EbuildMetadata.Md5(File.ReadAllBytes(eclass)))]);
        Memory.Keep(Ebuild, _metadata);
    }

    private SourcedBefore Memory => new(_folder["memory"], "bash 1");

    private string File1 => Path.Combine(_folder["memory"], "www-servers", "apache-1");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_told_is_told_again()
    {
        var again = Memory.Find(Ebuild, _eclasses);

        Assert.NotNull(again);
        Assert.Equal(_metadata.Values, again.Values);
        Assert.Equal(_metadata.Eclasses.AsEnumerable(), again.Eclasses);
        Assert.Equal(_metadata.ToCacheEntry(Ebuild.Content.Span), again.ToCacheEntry(Ebuild.Content.Span));
    }

    [Fact]
    public void An_ebuild_without_eclasses_is_known_too()
    {
        var plain = Of("EAPI=8\n");
        Memory.Keep(plain, new(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("EAPI", "8"), []));

        Assert.Equal("8", Memory.Find(plain, EclassSources.None)?["EAPI"]);
    }

    [Fact]
    public void Another_ebuild_of_that_name_is_not_known()
    {
        Assert.Null(Memory.Find(Of("EAPI=8\ninherit small\n\n"), _eclasses));
        Assert.Null(Memory.Find(Ebuild with { Package = "apach" }, _eclasses));
        Assert.Null(Memory.Find(Ebuild with { FileName = "apache-2.ebuild" }, _eclasses));
    }

    [Fact]
    public void An_eclass_that_changed_is_sourced_anew()
    {
        _folder.Write("gentoo/small.eclass", "BDEPEND=y\n"u8.ToArray());

        Assert.Null(Memory.Find(Ebuild, _eclasses));
    }

    [Fact]
    public void An_eclass_that_another_takes_the_place_of_is_sourced_anew()
    {
        _folder.Write("own/small.eclass", "BDEPEND=y\n"u8.ToArray());

        Assert.Null(Memory.Find(Ebuild, _eclasses));
    }

    [Fact]
    public void An_eclass_that_is_gone_is_for_sourcing_to_complain_of()
    {
        File.Delete(_folder["gentoo/small.eclass"]);

        Assert.Null(Memory.Find(Ebuild, _eclasses));
    }

    [Fact]
    public void Another_bash_may_tell_something_else()
    {
        Assert.Null(new SourcedBefore(_folder["memory"], "bash 2").Find(Ebuild, _eclasses));
    }

    [Theory]
    [InlineData("EAPI=8", "EAPI=7")]
    [InlineData("_sha256_=", "_sha256_=0")]
    [InlineData("_key_=", "_kex_=")]
    [InlineData("_eclasses_=small", "_eclasses_=smell")]
    public void A_damaged_file_is_not_believed(string what, string into)
    {
        File.WriteAllText(File1, File.ReadAllText(File1).Replace(what, into, StringComparison.Ordinal));

        Assert.Null(Memory.Find(Ebuild, _eclasses));
    }

    [Fact]
    public void A_file_that_ends_early_or_is_empty_is_not_believed()
    {
        var whole = File.ReadAllText(File1);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllText(File1, whole[..length]);
            Assert.Null(Memory.Find(Ebuild, _eclasses));
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_nothing()
    {
        _folder.Write("file", []);
        var nowhere = new SourcedBefore(_folder["file"], "bash 1");

        nowhere.Keep(Ebuild, _metadata);

        Assert.Null(nowhere.Find(Ebuild, _eclasses));
    }

    private static EbuildToSource Of(string content) => new("www-servers", "apache", "apache-1.ebuild", Encoding.UTF8.GetBytes(content));
}
