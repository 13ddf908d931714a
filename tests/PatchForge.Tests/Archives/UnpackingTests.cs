using System.Formats.Tar;
using System.Text;
using PatchForge.Archives;
using PatchForge.Seams;
using PatchForge.Trees;

namespace PatchForge.Tests.Archives;

public sealed class UnpackingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private UnpackedArchive Unpack(byte[] archive, ArchiveLimits? limits = null) =>
        Unpacking.ToFolder(_folder.Write("a.tar", archive), _folder["out"], limits ?? ArchiveLimits.Default, null, TestContext.Current.CancellationToken);

    private Failure Refused(byte[] archive, ArchiveLimits? limits = null)
    {
        var failure = Assert.Throws<Failure>(() => Unpack(archive, limits));
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.EndsWith("a.tar", failure.At?.File, StringComparison.Ordinal);
        Assert.Equal(["a.tar"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName)); // nothing is left of it
        return failure;
    }

    private static RawTar Small() => new RawTar()
        .Folder("r-1/")
        .File("r-1/README", "hello\n")
        .File("r-1/configure", "#!/bin/sh\n", "0004755")
        .Folder("r-1/src/")
        .File("r-1/src/a.c", new string('a', 1000))
        .Link("r-1/src/b.c", "a.c")
        .Link("r-1/up", "src/../README")
        .HardLink("r-1/same", "r-1/README");

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    public void A_release_is_unpacked_without_its_top_folder(string packing)
    {
        var tar = Small().Whole();
        var unpacked = Unpack(packing switch { "gzip" => RawTar.Gzip(tar), "bzip2" => RawTar.Bzip2(tar), _ => tar });
        Assert.Equal(new UnpackedArchive("r-1", 6, 1022), unpacked);
        var tree = new DirectoryTree(_folder["out"]);
        Assert.Equal(["README", "configure", "same", "src/a.c", "src/b.c", "up"], tree.Paths().Select(path => path.Text));
        Assert.Equal("hello\n", Encoding.UTF8.GetString(tree.Find(TreePath.Parse("same"))!.Content.Span)); // it is in the list above
        Assert.Equal(TreeMode.Link, tree.Find(TreePath.Parse("src/b.c"))!.Mode);
        var mode = File.GetUnixFileMode(_folder["out/configure"]);
        Assert.Equal("755", Convert.ToString((int)mode, 8)); // the setuid bit is gone
        Assert.Equal("644", Convert.ToString((int)File.GetUnixFileMode(_folder["out/README"]), 8));
        Assert.Equal(2002, File.GetLastWriteTimeUtc(_folder["out/README"]).Year);
    }

    [Fact]
    public void Long_names_of_every_kind_are_read()
    {
        var deep = "r-1/" + string.Join('/', Enumerable.Repeat("folder-with-a-name", 12));
        var archive = new RawTar()
            .Entry('g', "g", content: "52 comment=0123456789012345678901234567890123456789\n"u8.ToArray())
            .Pax('x', "path=" + deep + "/pax", "mtime=1.5").File("short", "1")
            .Entry('L', "././@LongLink", content: [.. Encoding.UTF8.GetBytes(deep + "/gnu"), 0]).File("short", "22")
            .Entry('0', "prefixed", content: "333"u8.ToArray(), prefix: "r-1/p")
            .Pax('x', "linkpath=" + "prefixed").Link("r-1/p/link", "short")
            .Pax('x', "size=4").Entry('0', "r-1/sized", content: "4444"u8.ToArray(), size: "00000000000")
            .File("./r-1/dotted", "55555");
        var cut = archive.Whole();
        Unpack(cut);
        string Text(string path) => File.ReadAllText(_folder["out/" + path]);
        Assert.Equal("1", Text(deep[4..] + "/pax"));
        Assert.Equal("22", Text(deep[4..] + "/gnu"));
        Assert.Equal("333", Text("p/link"));
        Assert.Equal("4444", Text("sized"));
        Assert.Equal("55555", Text("dotted"));
    }

    public static TheoryData<string, string> Hostile() => new()
    {
        { "dotdot", "'..' segment" },
        { "absolute", "an absolute name" },
        { "absolute-pax", "an absolute name" },
        { "dotdot-gnu", "'..' segment" },
        { "link-absolute", "leads out of the tree" },
        { "link-out", "leads out of the tree" },
        { "link-out-by-links", "leads out of the tree" },
        { "link-circle", "in a circle" },
        { "link-pax-out", "leads out of the tree" },
        { "through-link", "below 'l', which is a link" },
        { "through-file", "below 'f', which is a file" },
        { "folder-becomes-link", "here for the second time, and was a folder" },
        { "link-becomes-folder", "here for the second time, and was a link" },
        { "twice", "here for the second time" },
        { "hardlink-out", "'..' segment" },
        { "hardlink-to-link", "a hard link to" },
        { "hardlink-forward", "a hard link to" },
        { "hardlink-self", "a hard link to" },
        { "device", "a device node" },
        { "block", "a device node" },
        { "fifo", "a FIFO" },
        { "unknown-type", "unknown type" },
        { "sparse-gnu", "a sparse file" },
        { "sparse-pax", "is a sparse file" },
        { "global-path", "sets 'path' for all entries" },
        { "two-tops", "outside the folder 'r-1'" },
        { "top-is-file", "a release is one folder" },
        { "not-utf8", "is not UTF-8: 'r-1/\\xff'" },
        { "pax-not-utf8", "not UTF-8" },
        { "control", "control character" },
        { "backslash", "backslash" },
        { "git", "inside .git" },
        { "pax-nul", "has a NUL" },
        { "pax-damaged", "is damaged" },
        { "pax-huge", "says that it has" },
        { "pax-alone", "has no entry after it" },
        { "size-huge", "more than the 512 MiB" },
        { "size-base256", "size that is no number" },
        { "size-letters", "size that is no number" },
        { "size-beyond", "cut short" },
        { "folder-with-content", "is no file and has" },
        { "checksum", "checksum is wrong" },
        { "no-end", "cut short" },
        { "half-end", "end marker" },
        { "garbage", "follows its end marker" },
        { "empty-tar", "is empty" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_archive_is_refused_and_leaves_nothing(string which, string why)
    {
        var failure = Refused(Make(which));
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        if (failure.Message.Contains("entry ", StringComparison.Ordinal) && !which.StartsWith("size", StringComparison.Ordinal))
        {
            Assert.Matches("entry [0-9]+", failure.Message);
        }
    }

    private static byte[] Make(string which)
    {
        var tar = new RawTar().Folder("r-1/").File("r-1/f", "f");
        return which switch
        {
            "dotdot" => tar.File("r-1/../../x", "x").Whole(),
            "absolute" => tar.File("/tmp/x", "x").Whole(),
            "absolute-pax" => tar.Pax('x', "path=/tmp/x").File("r-1/x", "x").Whole(),
            "dotdot-gnu" => tar.Entry('L', "l", content: "r-1/../../x\0"u8.ToArray()).File("r-1/x", "x").Whole(),
            "link-absolute" => tar.Link("r-1/l", "/etc").Whole(),
            "link-out" => tar.Link("r-1/d/l", "../../x").Whole(),
            "link-out-by-links" => tar.Folder("r-1/a/b/").Link("r-1/a/b/top", "../..").Link("r-1/m", "a/b/top/../x").Whole(),
            "link-circle" => tar.Link("r-1/a", "b").Link("r-1/b", "a").Whole(),
            "link-pax-out" => tar.Pax('x', "linkpath=../../x").Link("r-1/l", "f").Whole(),
            "through-link" => tar.Folder("r-1/d/").Link("r-1/l", "d").File("r-1/l/x", "x").Whole(),
            "through-file" => tar.File("r-1/f/x", "x").Whole(),
            "folder-becomes-link" => tar.Folder("r-1/d/").Link("r-1/d", "f").Whole(),
            "link-becomes-folder" => tar.Link("r-1/d", "f").Folder("r-1/d/").Whole(),
            "twice" => tar.File("r-1/f", "g").Whole(),
            "hardlink-out" => tar.HardLink("r-1/h", "r-1/../../etc/passwd").Whole(),
            "hardlink-to-link" => tar.Link("r-1/l", "f").HardLink("r-1/h", "r-1/l").Whole(),
            "hardlink-forward" => tar.HardLink("r-1/h", "r-1/g").File("r-1/g", "g").Whole(),
            "hardlink-self" => tar.HardLink("r-1/h", "r-1/h").Whole(),
            "device" => tar.Entry('3', "r-1/null").Whole(),
            "block" => tar.Entry('4', "r-1/sda").Whole(),
            "fifo" => tar.Entry('6', "r-1/pipe").Whole(),
            "unknown-type" => tar.Entry('Z', "r-1/z").Whole(),
            "sparse-gnu" => tar.Entry('S', "r-1/s").Whole(),
            "sparse-pax" => tar.Pax('x', "GNU.sparse.major=1").File("r-1/s", "").Whole(),
            "global-path" => tar.Pax('g', "path=r-1/x").File("r-1/s", "").Whole(),
            "two-tops" => tar.File("r-2/f", "x").Whole(),
            "top-is-file" => new RawTar().File("r-1", "x").Whole(),
            "not-utf8" => tar.Entry('0', "", rawName: [.. "r-1/"u8, 0xff]).Whole(),
            "pax-not-utf8" => tar.Entry('x', "p", content: [.. "14 path=r-1/"u8, 0xff, (byte)'\n']).File("r-1/x", "").Whole(),
            "control" => tar.File("r-1/a\nb", "x").Whole(),
            "backslash" => tar.File("r-1/a\\b", "x").Whole(),
            "git" => tar.File("r-1/.git/config", "x").Whole(),
            "pax-nul" => tar.Entry('x', "p", content: "16 path=r-1/a\0b\n"u8.ToArray()).File("r-1/x", "").Whole(),
            "pax-damaged" => tar.Entry('x', "p", content: "99 path=r-1/a\n"u8.ToArray()).File("r-1/x", "").Whole(),
            "pax-huge" => tar.Entry('x', "p", size: "17777777777").File("r-1/x", "").Whole(),
            "pax-alone" => tar.Pax('x', "path=r-1/x").Whole(),
            "size-huge" => tar.Entry('0', "r-1/big", size: "77777777777").Whole(),
            "size-base256" => tar.Entry('0', "r-1/big", size: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").Whole(),
            "size-letters" => tar.Entry('0', "r-1/big", size: "12x45678901").Whole(),
            "size-beyond" => tar.Entry('0', "r-1/big", size: "00000100000").Whole(),
            "folder-with-content" => tar.Entry('5', "r-1/d/", content: "x"u8.ToArray()).Whole(),
            "checksum" => tar.Entry('0', "r-1/x", badSum: true).Whole(),
            "no-end" => tar.Cut(),
            "half-end" => [.. tar.Cut(), .. new byte[512]],
            "garbage" => [.. tar.Whole(), .. "garbage"u8],
            "empty-tar" => RawTar.Gzip(new byte[1024]),
            _ => throw new ArgumentOutOfRangeException(nameof(which), which, "no such archive"),
        };
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    public void A_decompression_bomb_is_refused(string packing)
    {
        // 9 MiB of zeros in one file are a few kilobytes when packed.
        var tar = new RawTar().Folder("r-1/").Entry('0', "r-1/zeros", content: new byte[9 << 20]).Whole();
        var packed = packing == "gzip" ? RawTar.Gzip(tar) : RawTar.Bzip2(tar);
        Assert.Contains("bomb", Refused(packed).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limits_of_bytes_and_entries_are_kept()
    {
        var tar = Small().Whole();
        Assert.Contains("bomb", Refused(tar, new ArchiveLimits(2000, 100, 250)).Message, StringComparison.Ordinal);
        Assert.Contains("more than 3 entries", Refused(tar, new ArchiveLimits(1 << 20, 3, 250)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hard_links_count_with_what_they_copy()
    {
        var tar = new RawTar().Folder("r-1/").Entry('0', "r-1/f", content: new byte[5000]);
        for (var i = 0; i < 10; i++)
        {
            tar.HardLink($"r-1/h{i}", "r-1/f");
        }

        Assert.Contains("bomb", Refused(tar.Whole(), new ArchiveLimits(20_000, 100, 250)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    public void An_archive_cut_at_any_fiftieth_is_refused(string packing)
    {
        var random = new Random(1);
        var noise = new byte[50_000];
        random.NextBytes(noise);
        var tar = Small().Entry('0', "r-1/noise", content: noise).Whole();
        var packed = packing switch { "gzip" => RawTar.Gzip(tar), "bzip2" => RawTar.Bzip2(tar), _ => tar };
        for (var part = 0; part < 50; part++)
        {
            Refused(packed[..(packed.Length * part / 50)]);
        }

        Refused(packed[..^1]);
        Refused([.. packed, 1]);
    }

    [Fact]
    public void What_the_platforms_own_writer_writes_is_read()
    {
        foreach (var format in new[] { TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu })
        {
            var bytes = new MemoryStream();
            using (var writer = new TarWriter(bytes, format, leaveOpen: true))
            {
                System.Formats.Tar.TarEntry Entry(TarEntryType type, string name) => format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(type == TarEntryType.RegularFile ? TarEntryType.V7RegularFile : type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    _ => new GnuTarEntry(type, name),
                };
                writer.WriteEntry(Entry(TarEntryType.Directory, "r/"));
                var file = Entry(TarEntryType.RegularFile, "r/" + new string('n', format is TarEntryFormat.V7 or TarEntryFormat.Ustar ? 90 : 200));
                file.DataStream = new MemoryStream([1, 2, 3]);
                writer.WriteEntry(file);
            }

            var unpacked = Unpacking.ToFolder(_folder.Write("w.tar", bytes.ToArray()), _folder["w-" + format], ArchiveLimits.Default, null, TestContext.Current.CancellationToken);
            Assert.Equal(new UnpackedArchive("r", 1, 3), unpacked);
        }
    }

    [Fact]
    public void What_is_no_archive_is_refused_with_its_first_bytes()
    {
        var failure = Refused("<!DOCTYPE html><html>not found</html>"u8.ToArray());
        Assert.Contains("not a tar archive", failure.Message, StringComparison.Ordinal);
        Assert.Contains("3c21444f43545950", failure.Hint, StringComparison.Ordinal);
        Assert.Contains("empty", Refused([]).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_unpacking_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        var archive = _folder.Write("a.tar", Small().Whole());
        Assert.Throws<OperationCanceledException>(() => Unpacking.ToFolder(archive, _folder["out"], ArchiveLimits.Default, null, cancel.Token));
        Assert.Equal([archive], Directory.GetFileSystemEntries(_folder.Path));
    }
}
