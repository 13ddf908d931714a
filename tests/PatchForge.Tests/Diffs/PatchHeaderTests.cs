using PatchForge.Diffs;

namespace PatchForge.Tests.Diffs;

public sealed class PatchHeaderTests
{
    [Fact]
    public void A_mail_of_format_patch_is_read()
    {
        var bytes = File.ReadAllBytes(Path.Combine(DiffData.Folder, "roundtrip", "format-patch.patch"));

        var header = PatchHeader.Of(Patch.Parse(bytes, "format-patch.patch"));

        Assert.Equal("server: answer politely", header.Subject);
        Assert.Equal("Jörg <joerg@example.org>", header.Author);
        Assert.Equal("Inappropriate [no upstream]", header.UpstreamStatus);
        Assert.Null(header.Forwarded);
    }

    [Fact]
    public void A_DEP_3_header_is_read()
    {
        var header = PatchHeader.Of(Make.Patch(
            "Description: configure finds libtool 2\n The old test takes it for broken.\n .\n It is not.\nAuthor: A Person <a@example.org>\n"
            + "Origin: vendor\nBug: https://example.org/1\nBug-Gentoo: https://example.org/2\nForwarded: not-needed\nLast-Update: 2026-01-02\n"
            + "Applied-Upstream: 2.2.0\n---\nBug: not in the header any more\n"));

        Assert.Equal("configure finds libtool 2", header.Subject);
        Assert.Equal("configure finds libtool 2\nThe old test takes it for broken.\n\nIt is not.", header.Description);
        Assert.Equal(["https://example.org/1", "https://example.org/2"], header.Bugs.Select(bug => bug.Value));
        Assert.Equal(("A Person <a@example.org>", "vendor", "not-needed"), (header.Author, header.Origin, header.Forwarded));
        Assert.Equal(("2026-01-02", "2.2.0"), (header.LastUpdate, header.AppliedUpstream));
        Assert.Equal(5, header.Fields.Single(field => field.Name == "Author").Line);
    }

    [Fact]
    public void Prose_is_no_field() =>
        Assert.Empty(PatchHeader.Of(Make.Patch("Note: this is prose\nhttps://example.org: so is this\n")).Fields);

    [Fact]
    public void A_damaged_encoded_word_is_left_as_it_stands() =>
        Assert.Equal("=?UTF-8?b?%%%?=", PatchHeader.Of(Make.Patch("Subject: =?UTF-8?b?%%%?=\n")).Subject);
}
