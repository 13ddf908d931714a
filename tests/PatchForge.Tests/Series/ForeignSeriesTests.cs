using System.Text;
using PatchForge.Archives;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Trees;

namespace PatchForge.Tests.Series;

public sealed class ForeignSeriesTests
{
    private const string Diff = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n+2\n";

    [Fact]
    public void Options_comments_and_folders_are_read()
    {
        var lines = ForeignSeries.Parse("# head\n\nsub/one.patch -p0 # why\ntwo -p 2 -R\n three.diff\t-pab\r\n#four.patch\nfive#5.patch"u8.ToArray(), "s");

        Assert.Equal(
            [(null, 1, false, "# head"), (null, 1, false, ""), ("sub/one.patch", 0, false, "# why"), ("two", 2, true, ""), ("three.diff", 1, false, ""), (null, 1, false, "#four.patch"), ("five#5.patch", 1, false, "")],
            lines.Select(line => (line.Path?.Text, line.Strip, line.Reverse, line.Comment)));
    }

    [Theory]
    [InlineData("x\n../out.patch\n", 2)]
    [InlineData("/abs.patch\n", 1)]
    [InlineData("a.patch --fuzz=3\n", 1)]
    [InlineData("a.patch -p\n", 1)]
    public void What_quilt_would_not_have_written_is_refused_with_its_line(string text, int line) =>
        Assert.Equal(new FileLocation("s", line), Assert.Throws<Failure>(() => ForeignSeries.Parse(Encoding.UTF8.GetBytes(text), "s")).At);

    [Theory]
    [InlineData("a.patch", "a.patch")]
    [InlineData("debian/fix it.diff", "debian-fix-it.diff")]
    [InlineData("01_foo.dpatch", "01_foo.dpatch.patch")]
    [InlineData("-odd'name#.patch", "odd-name-.patch")]
    [InlineData("t\u00e4st", "t-st.patch")]
    [InlineData("taken.patch", "taken-2.patch")]
    public void Names_become_ours(string path, string name) =>
        Assert.Equal(name, ForeignSeries.NameOf(path, new HashSet<PatchName> { PatchName.Parse("taken.patch") }).Text);

    [Fact]
    public void A_mailbox_is_its_mails_byte_for_byte()
    {
        const string one = "From 0123456789abcdef Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: [PATCH 1/2] one\n\nFrom here on it is text.\n---\n" + Diff + "-- \n2.39.5\n\n";
        const string two = "From 0123456789abcdef Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: [PATCH v3 2/2] two\n\n---\n" + Diff + "-- \n2.39.5\n\n";
        var bytes = Encoding.UTF8.GetBytes(one + two);

        Assert.True(Mailbox.Is(bytes));
        var mails = Mailbox.Split(bytes, "m");

        Assert.Equal([one, two], mails.Select(mail => Encoding.UTF8.GetString(mail.Bytes.Span)));
        Assert.Equal(15, mails[1].At.Line);
        Assert.Equal([1, 2], mails.Select(mail => Mailbox.Place(Patch.Parse(mail.Bytes, "m"))));
        Assert.False(Mailbox.Is("From here on\n"u8));
        Assert.False(Mailbox.Is(Encoding.UTF8.GetBytes(Diff)));
    }

    [Fact]
    public void A_mail_that_is_encoded_is_refused()
    {
        var mail = "From 0123456789abcdef Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nContent-Transfer-Encoding: quoted-printable\n\nx=\n"u8.ToArray();
        Assert.Equal(new FileLocation("m", 3), Assert.Throws<Failure>(() => Mailbox.Split(mail, "m")).At);
    }

    [Fact]
    public void A_patch_as_a_mail_says_the_same_and_keeps_its_diffs()
    {
        var patch = Patch.Parse(Encoding.UTF8.GetBytes("Subject: f: gr\u00fcn\nForwarded: no\n\nFrom nobody Mon Sep 17 00:00:00 2001\nbecause\n\n" + Diff), "p");
        var name = PatchName.Parse("07-x.patch");

        var mail = Patch.Parse(MailWriter.Write(patch, name, 7, 12, new GitAuthor("N", "n@x", DateTimeOffset.UnixEpoch)), "m");

        Assert.Equal("07-x.patch", MailWriter.NameIn(mail));
        Assert.Equal("f: gr\u00fcn", PatchMessage.Of(mail, name).Subject);
        Assert.Contains("Subject: [PATCH 07/12] f:", Encoding.UTF8.GetString(Line.Join(mail.Header)), StringComparison.Ordinal);
        Assert.Equal((patch with { Header = [] }).ToBytes(), (mail with { Header = [], Trailer = [] }).ToBytes());
        Assert.Single(Mailbox.Split(mail.ToBytes(), "m"));
    }

    [Theory]
    [InlineData("x.tar")]
    [InlineData("x.tar.gz")]
    [InlineData("x.tar.bz2")]
    public void A_tarball_is_the_same_bytes_whatever_the_order_and_is_read_again(string name)
    {
        TarballFile[] files = [new(TreePath.Parse("b.patch"), "b"u8.ToArray()), new(TreePath.Parse("a.patch"), "a"u8.ToArray()), new(TreePath.Parse("series"), "a.patch\n"u8.ToArray())];
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        var bytes = PatchTarball.Write(name, "top", files, time);

        Assert.Equal(bytes, PatchTarball.Write(name, "top", files.Reverse(), time));
        using var folder = new TemporaryFolder();
        var read = PatchTarball.Read(folder.Write(name, bytes), path => path.Name != "series", TestContext.Current.CancellationToken);
        Assert.Equal([("top/a.patch", "a"), ("top/b.patch", "b")], read.Select(file => (file.Path.Text, Encoding.UTF8.GetString(file.Content.Span))));
        Assert.True(PatchTarball.Is(bytes.AsSpan(0, Math.Min(512, bytes.Length))));
    }

    [Fact]
    public void A_tarball_says_how_it_is_compressed() =>
        Assert.Equal(FailureKind.CommandLine, Assert.Throws<Failure>(() => PatchTarball.Write("x.zip", "top", [], DateTimeOffset.UnixEpoch)).Kind);

    [Fact]
    public void Strip_levels_and_directions_become_plain()
    {
        var deep = Patch.Parse("hello\n--- a/b/f\n+++ a/b/f\n@@ -1 +1 @@\n-1\n+2\n"u8.ToArray(), "p", strip: 2);
        Assert.Equal("hello\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n+2\n", Encoding.UTF8.GetString(PatchForm.Plain(deep).ToBytes()));
        Assert.Equal("hello\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-2\n+1\n", Encoding.UTF8.GetString(PatchForm.Plain(deep, reverse: true).ToBytes()));
    }

    [Theory]
    [InlineData("1.patch,2.patch,3.patch", "# c\n1.patch # x\n2.patch -p0\n# d\n3.patch\n")]
    [InlineData("3.patch,1.patch,2.patch", "# c\n3.patch\n1.patch # x\n# d\n2.patch -p0\n")]
    [InlineData("2.patch", "# c\n2.patch -p0\n# d\n")]
    [InlineData("n.patch,1.patch,m.patch,2.patch,3.patch", "# c\nn.patch\n1.patch # x\nm.patch\n2.patch -p0\n# d\n3.patch\n")]
    [InlineData("", "# c\n# d\n")]
    [InlineData("n.patch", "# c\n# d\nn.patch\n")]
    public void A_series_is_arranged_with_its_options_and_comments(string order, string text)
    {
        var series = SeriesFile.Parse("# c\n1.patch # x\n2.patch -p0\n# d\n3.patch\n"u8.ToArray(), "s");
        PatchName[] names = [.. order.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(name => PatchName.Parse(name))];

        var arranged = series.Arranged(names);

        Assert.Equal(text, Encoding.UTF8.GetString(arranged.ToBytes()));
        Assert.Equal(names, arranged.Entries.Select(entry => entry.Name));
    }
}
