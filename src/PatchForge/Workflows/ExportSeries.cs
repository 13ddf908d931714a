using System.Collections.Immutable;
using System.Text;
using PatchForge.Archives;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>How a series leaves.</summary>
public enum ExportForm
{
    /// <summary>A folder with the patches and their series file.</summary>
    Quilt,

    /// <summary>A mail a patch, in one file, for git am.</summary>
    Mbox,

    /// <summary>All of them as one diff.</summary>
    Patch,

    /// <summary>The quilt folder as a tarball.</summary>
    Tarball,
}

/// <param name="Release">Whose series it is; null for the line's, without what single releases have of their own.</param>
public sealed record ExportRequest(ForgeSettings Settings, LineSettings Line, string? Release, ExportForm Form, string To, bool Force, SourceOptions Source)
{
    /// <summary>These patches alone; all when empty.</summary>
    public ImmutableHashSet<PatchName> Only { get; init; } = [];
}

/// <summary>What <c>export</c> answers.</summary>
/// <param name="To">The folder or file that was written, absolute.</param>
public sealed record ExportAnswer(string Line, string Form, string To, ImmutableArray<string> Patches, ImmutableArray<string> Notes);

/// <summary>Writes a series for others: the same series gives the same bytes, at any time and on any machine.</summary>
public sealed class ExportSeries(Outside outside, Func<string, string?> variable)
{
    public async Task<ExportAnswer> Run(ExportRequest request, CancellationToken cancel)
    {
        var (settings, line) = (request.Settings, request.Line);
        var all = ReadSeries.Run(settings.Home, line, cancel);
        var series = request.Release is { } release ? all.For(release) : all;
        if (request.Only.FirstOrDefault(name => !series.Patches.Any(patch => patch.Name == name)) is { } unknown && request.Only.Contains(unknown))
        {
            throw Failure.Refused($"the series has no patch '{unknown}'", "its patches are " + string.Join(", ", series.Patches.Select(patch => patch.Name)));
        }

        var notes = new List<string>();
        var patches = series.Patches.Where(patch => request.Only.IsEmpty || request.Only.Contains(patch.Name)).Where(patch => Counts(patch, notes)).ToImmutableArray();
        var to = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.To));
        switch (request.Form)
        {
            case ExportForm.Quilt:
                var tree = Files(series, patches).Aggregate(new LayeredTree(), (made, file) => made.With(new TreeFile(file.Path, TreeMode.Regular, file.Content)));
                await WriteTree.Run(new WriteTreeRequest(tree, to, request.Force), outside.Story, cancel);
                break;
            case ExportForm.Tarball:
                Write(to, PatchTarball.Write(to, Top(to), Files(series, patches), Time(line)), request.Force);
                break;
            case ExportForm.Mbox:
                Write(to, Mails(line, patches, notes), request.Force);
                break;
            default:
                Write(to, await OneDiff(request, series, cancel), request.Force);
                break;
        }

        return new ExportAnswer(line.Line, request.Form.ToString().ToLowerInvariant(), to, [.. patches.Select(patch => patch.Name.Text)], [.. notes]);
    }

    private static bool Counts(LoadedPatch patch, List<string> notes)
    {
        if (patch.IsAbsent)
        {
            notes.Add($"{patch.Name}: only single releases have it; name the release to have theirs");
        }

        return !patch.IsAbsent;
    }

    private static ImmutableArray<TarballFile> Files(LoadedSeries series, ImmutableArray<LoadedPatch> patches)
    {
        var named = patches.Select(patch => patch.Name).ToHashSet();
        var file = series.File.Without(series.Patches.Select(patch => patch.Name).Where(name => !named.Contains(name)));
        return [.. patches.Select(patch => new TarballFile(TreePath.Parse(patch.Name.Text), patch.Bytes)), new TarballFile(TreePath.Parse("series"), file.ToBytes())];
    }

    private static byte[] Mails(LineSettings line, ImmutableArray<LoadedPatch> patches, List<string> notes)
    {
        var mailed = patches.Where(patch => !patch.Patch.Files.IsEmpty).ToList();
        notes.AddRange(patches.Except(mailed).Select(patch => $"{patch.Name}: has no diff, and git am takes none without"));
        var author = new GitAuthor(EditNotes.NoAuthor.Name, EditNotes.NoAuthor.Email, Time(line));
        return [.. mailed.SelectMany((patch, index) => MailWriter.Write(PatchForm.Plain(patch.Patch, patch.Plan.Entry.Reverse), patch.Name, index + 1, mailed.Count, author))];
    }

    private async Task<byte[]> OneDiff(ExportRequest request, LoadedSeries series, CancellationToken cancel)
    {
        var release = request.Release ?? throw new Failure(
            FailureKind.CommandLine, "one diff of the whole series is made for a release", "name the release: patchforge export RELEASE --as patch --to FILE");
        if (!request.Only.IsEmpty)
        {
            throw new Failure(FailureKind.CommandLine, "--only has no meaning for one diff of the whole series", "a single patch is a file already; --as mbox makes a mail of it");
        }

        using var source = await new OpenSource(outside, variable).Run(request.Settings, release, request.Source, cancel);
        var move = ApplySeries.Run(new MoveRequest(release, source.Tree, series), cancel);
        var header = new StringBuilder($"Subject: {request.Settings.PackageName} {release}: its patch series as one diff\n\n");
        foreach (var patch in move.Patches.Where(patch => !patch.Loaded.IsAbsent))
        {
            header.Append("    ").Append(patch.Name).Append('\n');
        }

        var changed = move.Patches.SelectMany(patch => patch.Outcome?.Files ?? []).SelectMany(file => TouchedPaths.Of(file.Diff.Change));
        var lines = Line.Split(Encoding.UTF8.GetBytes(header.Append('\n').ToString()));
        return new Patch("all", 1, lines, PatchMaker.Diff(source.Tree, move.Tree, changed), []).ToBytes();
    }

    /// <summary>The day of the line's newest release: a time that only a change of the settings changes.</summary>
    private static DateTimeOffset Time(LineSettings line) => new(line.Releases.Max(release => release.Date).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private static string Top(string file)
    {
        var name = Path.GetFileName(file);
        var end = name.IndexOf(".tar", StringComparison.Ordinal) is var at and > 0 ? at : name.LastIndexOf('.');
        return end > 0 ? name[..end] : name;
    }

    /// <summary>The file is there whole or as it was.</summary>
    private static void Write(string file, byte[] bytes, bool force)
    {
        if (Directory.Exists(file) || (File.Exists(file) && !force && !File.ReadAllBytes(file).AsSpan().SequenceEqual(bytes)))
        {
            throw Failure.Refused("there is something of that name already", Directory.Exists(file) ? "name a file" : "name another file, or write over it with --force", new FileLocation(file));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "/");
        var beside = file + ".patchforge-new";
        File.WriteAllBytes(beside, bytes);
        File.Move(beside, file, overwrite: true);
    }
}
