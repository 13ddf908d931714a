using System.Collections.Immutable;
using PatchForge.Archives;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;

namespace PatchForge.Workflows;

/// <summary>A patch from somewhere else, or a comment between two.</summary>
/// <param name="Path">What its name is made of; null for a comment.</param>
/// <param name="Comment">With its <c>#</c>; empty when there is none.</param>
internal sealed record ForeignItem(string? Path, Patch? Patch, ReadOnlyMemory<byte> Bytes, bool Reverse, string Comment);

/// <param name="Form">What the source was taken for: quilt series, folder, mailbox, tarball or patch.</param>
internal sealed record ForeignSource(string Form, ImmutableArray<ForeignItem> Items, ImmutableArray<string> Notes);

/// <summary>
/// Reads patches as others keep them: a quilt directory (also <c>debian/patches</c> of a source package), a folder of
/// numbered patches, a mailbox, a tarball of Gentoo's, a single patch. Reading changes nothing.
/// </summary>
internal static class ReadForeign
{
    private const int Limit = 16 << 20;

    // Where a quilt series lies below a folder that somebody names.
    private static readonly string[] SeriesPlaces = ["series", "patches/series", "debian/patches/series"];

    /// <exception cref="Failure">Refused, with file and line: whatever the readers refuse. Missing: no such file.</exception>
    public static ForeignSource Run(string source, CancellationToken cancel)
    {
        if (Directory.Exists(source))
        {
            return SeriesPlaces.Select(place => Path.Combine(source, place)).FirstOrDefault(File.Exists) is { } series
                ? Quilt(File.ReadAllBytes(series), series, path => ReadBelow(Path.GetDirectoryName(series) ?? source, path))
                : Folder(source);
        }

        if (!File.Exists(source))
        {
            throw Failure.Missing($"there is no file or folder {source}", "name a quilt directory, a folder of patches, a mailbox, a tarball or a patch");
        }

        using var file = File.OpenRead(source);
        var start = new byte[512];
        var got = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (PatchTarball.Is(start.AsSpan(0, got)))
        {
            return Tarball(source, cancel);
        }

        var bytes = ReadAll(source);
        return Mailbox.Is(bytes) ? Mails(bytes, source) : new ForeignSource("patch", [One(Path.GetFileName(source), source, bytes, 1, false, "")], []);
    }

    private static ForeignSource Quilt(byte[] series, string file, Func<ForeignLine, byte[]> read)
    {
        var lines = ForeignSeries.Parse(series, file);
        return new ForeignSource(
            "quilt series",
            [
                .. lines.Select(line => line.Path is { } path
                    ? One(path.Text, Path.Combine(Path.GetDirectoryName(file) ?? "", path.Text), read(line), line.Strip, line.Reverse, line.Comment)
                    : new ForeignItem(null, null, default, false, line.Comment)),
            ],
            []);
    }

    private static byte[] ReadBelow(string folder, ForeignLine line)
    {
        var file = Path.Combine(folder, line.Path?.Text ?? "");
        return File.Exists(file)
            ? ReadAll(file)
            : throw Failure.Refused($"the patch '{line.Path}' is not there", $"it is looked for as {file}; take out the line, or bring the file", line.At);
    }

    private static ForeignSource Folder(string folder)
    {
        var names = Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).ToList();
        var patches = names.Where(IsPatch).Order(StringComparer.Ordinal).ToList();
        return patches.Count == 0
            ? throw Failure.Refused(
                $"{folder} holds no series file and no patch", "a quilt directory has a file called series; a folder of patches has files that end in .patch or .diff")
            : new ForeignSource(
                "folder",
                [.. patches.Select(name => One(name, Path.Combine(folder, name), ReadAll(Path.Combine(folder, name)), 1, false, ""))],
                names.Count > patches.Count ? [$"{names.Count - patches.Count} files of {folder} end in neither .patch nor .diff and were left out"] : []);
    }

    private static ForeignSource Tarball(string archive, CancellationToken cancel)
    {
        var files = PatchTarball.Read(archive, path => IsPatch(path.Name) || path.Name == "series" || path.Text.Contains("/patches/", StringComparison.Ordinal), cancel)
            .ToDictionary(file => file.Path.Text, file => file.Content.ToArray(), StringComparer.Ordinal);
        if (files.Keys.Where(path => path == "series" || path.EndsWith("/series", StringComparison.Ordinal)).OrderBy(path => path.Length).FirstOrDefault() is { } series)
        {
            var below = series[..^"series".Length];
            return Quilt(files[series], $"{archive}/{series}", line => files.GetValueOrDefault(below + line.Path?.Text)
                ?? throw Failure.Refused($"the patch '{line.Path}' is not in the tarball", "its series names it", line.At)) with { Form = "tarball" };
        }

        // Gentoo's way: numbered patches, applied in the order of their names (eapply of a folder, PMS section 12.3.13).
        var patches = files.Where(file => IsPatch(file.Key)).OrderBy(file => file.Key, StringComparer.Ordinal).ToList();
        var common = patches.Count == 0 ? "" : patches.Select(file => file.Key[..(file.Key.LastIndexOf('/') + 1)]).Aggregate(Common);
        return patches.Count == 0
            ? throw Failure.Refused($"{archive} holds no file that ends in .patch or .diff")
            : new ForeignSource("tarball", [.. patches.Select(file => One(file.Key[common.Length..], $"{archive}/{file.Key}", file.Value, 1, false, ""))], []);
    }

    private static ForeignSource Mails(byte[] bytes, string file)
    {
        var items = new List<ForeignItem>();
        var notes = new List<string>();
        foreach (var mail in Mailbox.Split(bytes, file))
        {
            var patch = Patch.Parse(mail.Bytes, file);
            if (patch.Files.IsEmpty)
            {
                notes.Add($"{mail.At}: a mail without a patch was left out: {PatchHeader.Of(patch).Subject ?? "no subject"}");
            }
            else
            {
                items.Add(new ForeignItem(MailWriter.NameIn(patch) ?? "", patch, mail.Bytes, false, ""));
            }
        }

        return new ForeignSource("mailbox", [.. items], [.. notes]);
    }

    private static ForeignItem One(string path, string file, byte[] bytes, int strip, bool reverse, string comment) =>
        new(path, Patch.Parse(bytes, file, strip), bytes, reverse, comment);

    private static string Common(string one, string other)
    {
        var length = one.AsSpan().CommonPrefixLength(other);
        return one[..(one[..length].LastIndexOf('/') + 1)];
    }

    private static bool IsPatch(string name) => name.EndsWith(".patch", StringComparison.Ordinal) || name.EndsWith(".diff", StringComparison.Ordinal);

    private static byte[] ReadAll(string file) => new FileInfo(file).Length <= Limit
        ? File.ReadAllBytes(file)
        : throw Failure.Refused($"larger than {Limit >> 20} MiB", "is this really a patch?", new FileLocation(file));
}
