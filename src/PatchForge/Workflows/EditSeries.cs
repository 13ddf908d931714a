using System.Collections.Immutable;
using PatchForge.Diffs;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Folder">Where the work tree goes; null for a place below <c>.patchforge/</c>.</param>
public sealed record EditRequest(ForgeSettings Settings, string Release, string? Folder, SourceOptions Source, ImmutableHashSet<PatchName> AcceptFuzz);

/// <summary>What <c>edit</c> answers.</summary>
/// <param name="Folder">The work tree, absolute.</param>
/// <param name="Patches">Commits made, one a patch.</param>
/// <param name="Generated">Those of them whose sources are ours and that are not changed there.</param>
public sealed record EditAnswer(string Release, string Source, string Folder, ImmutableArray<string> Patches, ImmutableArray<string> Generated);

/// <summary>
/// Makes a git work tree of a release: the pristine source is the first commit, each patch of the series one more with
/// the author, date and message of its header. <see cref="SaveSeries"/> turns it back into patch files.
/// </summary>
public sealed class EditSeries(Outside outside, Func<string, string?> variable)
{
    /// <summary>Where work trees go that were given no place: git ignores it, and <c>save</c> looks there.</summary>
    public static string DefaultFolder(string home, string release) => Path.Combine(home, ".patchforge", "edit", release);

    /// <exception cref="Failure">Refused: the folder holds something. Conflict: the series does not apply.</exception>
    public async Task<EditAnswer> Run(EditRequest request, CancellationToken cancel)
    {
        var settings = request.Settings;
        var (line, release) = settings.Release(request.Release);
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder ?? DefaultFolder(settings.Home, release.Version)));
        RefuseFolder(folder);
        using var source = await new OpenSource(outside, variable).Run(settings, release.Version, request.Source, cancel);
        var series = ReadSeries.Run(settings.Home, line, cancel).For(release.Version);
        var move = ApplySeries.Run(new MoveRequest(release.Version, source.Tree, series, request.AcceptFuzz), cancel);
        var when = new DateTimeOffset(release.Date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var commits = Commits(source.Tree, move, when, cancel);
        await outside.Story.During($"Making the work tree {folder}", _ => Task.Run(
            () =>
            {
                Beside(folder, beside => outside.WorkTrees.Make(
                    beside, commits, ids => new EditNotes(settings.File, line.Line, release.Version, ids[0], when, series).ToFiles()));
                return true;
            },
            cancel));
        return new EditAnswer(
            release.Version,
            source.Verdict.Sentence,
            folder,
            [.. series.Patches.Where(patch => !patch.IsAbsent).Select(patch => patch.Name.Text)],
            [.. series.Patches.Where(patch => patch.Plan.Generated).Select(patch => patch.Name.Text)]);
    }

    private static void RefuseFolder(string folder)
    {
        if (File.Exists(folder) || new DirectoryInfo(folder) is { LinkTarget: not null } || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw Failure.Refused(
                "the folder for the work tree is there already and holds something",
                $"go on in it, save it (patchforge save {folder}) and remove it, or name another with --to DIR",
                new FileLocation(folder));
        }
    }

    /// <summary>The work tree is made under another name and then takes its own: it is there whole or not at all.</summary>
    private static void Beside(string folder, Action<string> make)
    {
        var parent = Path.GetDirectoryName(folder) ?? "/";
        Directory.CreateDirectory(parent);
        var beside = Path.Combine(parent, $".{Path.GetFileName(folder)}.patchforge");
        Clear(beside);
        try
        {
            Directory.CreateDirectory(beside);
            make(beside);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder); // empty, or RefuseFolder had spoken
            }

            Directory.Move(beside, folder);
        }
        finally
        {
            Clear(beside);
        }
    }

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<NewCommit> Commits(ITree pristine, SeriesMove move, DateTimeOffset when, CancellationToken cancel)
    {
        var commits = new List<NewCommit>
        {
            new($"{move.Release} as it was released\n\nThe series begins with the next commit. patchforge save writes it back.\n",
                Author(null, when), pristine.Paths().Select(path => Write(path, pristine.Find(path), cancel))),
        };
        var before = new LayeredTree(pristine);
        foreach (var patch in move.Patches.Where(patch => !patch.Loaded.IsAbsent))
        {
            var after = patch.Result is MoveResult.AlreadyMerged ? before : patch.Outcome?.Tree ?? before;
            var message = PatchMessage.Of(patch.Loaded.Patch, patch.Name);
            commits.Add(new NewCommit(message.ToCommit(patch.Name), Author(message, when), [.. Changed(patch.Outcome, before, after).Select(path => Write(path, after.Find(path), cancel))]));
            before = after;
        }

        return commits;
    }

    private static IEnumerable<TreePath> Changed(PatchOutcome? outcome, LayeredTree before, LayeredTree after) =>
        (outcome?.Files ?? []).SelectMany(file => TouchedPaths.Of(file.Diff.Change)).Distinct().Order()
            .Where(path => !TouchedPaths.Same(before.Find(path), after.Find(path)));

    private static GitAuthor Author(PatchMessage? message, DateTimeOffset when) => (message?.Author ?? EditNotes.NoAuthor) is var (name, email)
        ? new GitAuthor(name, email, message?.Date ?? when)
        : throw new InvalidOperationException();

    private static GitWrite Write(TreePath path, TreeFile? file, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return new GitWrite(path.Text, (int)(file?.Mode ?? 0), file?.Content);
    }
}

/// <summary>The paths that a file's part of a patch reads or writes.</summary>
internal static class TouchedPaths
{
    public static IEnumerable<TreePath> Of(FileChange change) => change switch
    {
        FileChange.Rename rename => [rename.From, rename.Path],
        _ => [change.Path],
    };

    public static bool Same(TreeFile? one, TreeFile? two) =>
        one is null || two is null ? one is null && two is null : one.Mode == two.Mode && one.Content.Span.SequenceEqual(two.Content.Span);
}
