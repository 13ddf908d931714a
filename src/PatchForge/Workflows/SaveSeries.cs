using System.Collections.Immutable;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <param name="Folder">The work tree, or a folder inside of it.</param>
/// <param name="Drop">Patches that may leave the series: their commits are gone.</param>
public sealed record SaveRequest(string Folder, string? Settings, ImmutableHashSet<PatchName> Drop, bool DryRun);

/// <param name="What">unchanged, header, changed or new.</param>
/// <param name="Commit">The commit it was made of, abbreviated.</param>
public sealed record SavedPatch(string Name, string What, string Commit, string Subject);

/// <summary>What <c>save</c> answers.</summary>
/// <param name="Dropped">Patches that left the series.</param>
/// <param name="Reordered">Whether patches that stay have another order.</param>
/// <param name="Changed">Paths that were written or removed, relative to the settings file's folder.</param>
/// <param name="Notes">What the user should know, each a sentence.</param>
public sealed record SaveAnswer(
    string Release, string Folder, bool DryRun, ImmutableArray<SavedPatch> Patches, ImmutableArray<string> Dropped, bool Reordered, ImmutableArray<string> Changed, ImmutableArray<string> Notes);

/// <summary>
/// Writes the commits of a work tree of <see cref="EditSeries"/> back into the series: only what changed, all of it or
/// nothing. Saving again writes nothing; a save that was killed is finished by the next.
/// </summary>
public sealed class SaveSeries(Outside outside)
{
    public async Task<SaveAnswer> Run(SaveRequest request, CancellationToken cancel)
    {
        using var tree = outside.WorkTrees.Open(request.Folder) ?? throw Failure.Refused(
            $"{Path.GetFullPath(request.Folder)} is no work tree of patchforge", "make one: patchforge edit RELEASE; then save in it, or name it: patchforge save DIR");
        var notes = EditNotes.Of(tree);
        RefuseUnfinished(tree);
        var settings = SettingsFile.Load(request.Settings ?? notes.Settings);
        var line = settings.Lines.FirstOrDefault(one => one.Line == notes.Line && one.Series == notes.Series.Folder) ?? throw Failure.Refused(
            $"{settings.File} has no line {notes.Line} with the series {notes.Series.Folder} any more", "name the settings that the work tree was made with: --settings FILE");
        using var work = request.DryRun ? WorkFolder.Look(settings.Home) : WorkFolder.Take(settings.Home, "save");
        var strip = new LandingStrip(settings.Home, work, outside.Folders);
        ImmutableArray<string> finished = [.. strip.Recover().Select(folder => $"{folder}: finished what an interrupted run had begun")];
        ConflictSession.RefuseIfOpen(settings.Home, outside.Folders);

        var all = ReadSeries.Run(settings.Home, line, cancel);
        var disk = all.For(notes.Release);
        using var trees = new CommitTrees(tree);
        var commits = tree.Since(notes.Base) ?? throw Failure.Refused(
            $"the work tree's HEAD does not come from the pristine release, commit {notes.Base[..10]}", $"look with git log; what was committed is still there: git reflog. Rebase onto {notes.Base[..10]}");
        var planner = new SavePlan(notes, trees.Of, disk.Patches.Select(patch => patch.Name).Concat(disk.Orphans).ToHashSet());
        var plan = planner.Of(commits);
        var dropped = Dropped(notes, plan, planner, request.Drop);
        RefuseDroppingOwn(all, dropped);
        var series = notes.Series.File.Arranged(notes.Order(plan.Select(patch => patch.Name)));
        var changes = Changes(notes, plan, dropped, series);
        RefuseOthersWork(settings, notes, changes, disk);
        var moved = Verified(notes, plan, series, disk, trees.Of(notes.Base), cancel);
        if (changes.Any(strip.IsEffective) && disk.Bases.Length > 0)
        {
            changes = changes.Add(FileChange.Write(TreePath.Parse($"{disk.Folder}/{BasesFile.FileName}"), BasesFile.ToBytes(moved.Bases)));
        }

        var unit = TreePath.Parse(line.Series);
        ImmutableArray<string> changed = [.. changes.Where(strip.IsEffective).Select(change => change.Path.Text).Order(StringComparer.Ordinal)];
        if (!request.DryRun)
        {
            Name(tree, notes, plan);
            strip.Land([unit], changes);
            tree.Note((notes with { Series = Loaded(notes, plan, series, notes.Series) }).ToFiles());
        }

        return new SaveAnswer(
            notes.Release,
            tree.Folder,
            request.DryRun,
            [.. plan.Select(patch => new SavedPatch(patch.Name.Text, patch.What, patch.Commit.Id[..10], patch.Commit.Subject))],
            [.. dropped.Select(name => name.Text)],
            !plan.Select(patch => patch.Name).Where(Knows).SequenceEqual(notes.Committed.Select(patch => patch.Name).Except(dropped)),
            changed,
            [.. finished, .. planner.Squashed.Select(pair => $"{pair.Key} was squashed into {pair.Value}"), .. changed.IsEmpty ? [] : Next(line)]);

        bool Knows(PatchName name) => notes.Series.Patches.Any(patch => patch.Name == name);
    }

    private static string[] Next(LineSettings line) => line.Ebuild is null ? [] : ["the overlay's copies of the patches follow with the next refresh, or with: patchforge ebuild"];

    private static void RefuseUnfinished(IGitWorkTree tree)
    {
        if (tree.UnderWay is { } operation)
        {
            throw Failure.Refused(
                $"git {operation} is not finished in {tree.Folder}",
                operation == "bisect" ? "end it first: git bisect reset" : $"finish it first with git {operation} --continue, or give it up with git {operation} --abort; git status shows where it is");
        }

        if (tree.Dirty() is { IsEmpty: false } dirty)
        {
            throw new Failure(
                FailureKind.Refused,
                $"{tree.Folder} has changes that are in no commit: {string.Join(", ", dirty.Take(5))}{(dirty.Length > 5 ? $" and {dirty.Length - 5} more" : "")}",
                "commit them (git commit --amend, or a commit that becomes a new patch), or put them aside: git stash -u")
            {
                Facts = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("files", dirty),
            };
        }
    }

    /// <summary>Nothing is dropped by accident: a patch whose commit is gone has to be named.</summary>
    private static ImmutableArray<PatchName> Dropped(EditNotes notes, ImmutableArray<PlannedSave> plan, SavePlan planner, ImmutableHashSet<PatchName> named)
    {
        var there = plan.Select(patch => patch.Name).ToHashSet();
        var gone = notes.Committed.Where(patch => !there.Contains(patch.Name)).ToImmutableArray();
        if (gone.FirstOrDefault(patch => patch.Plan.Generated) is { } generated)
        {
            throw Failure.Refused($"the commit of {generated.Name} is gone, and the settings generate that patch", "take it out of 'generated' in the settings first, or bring the commit back: git reflog");
        }

        var silent = gone.Select(patch => patch.Name).Where(name => !named.Contains(name) && !planner.Squashed.ContainsKey(name)).ToList();
        if (silent.Count > 0)
        {
            throw new Failure(
                FailureKind.Refused,
                $"{(silent.Count == 1 ? "the commit" : "the commits")} of {string.Join(", ", silent)} {(silent.Count == 1 ? "is" : "are")} gone",
                $"if the series shall go on without, say so: patchforge save {string.Join(' ', silent.Select(name => "--drop " + name))}\nelse bring it back: git reflog")
            {
                Facts = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("patches", [.. silent.Select(name => name.Text)]),
            };
        }

        return named.Intersect(there).Order().ToList() is [var still, ..]
            ? throw Failure.Refused($"--drop {still}: its commit is still there", "drop the commit first: git rebase -i")
            : [.. gone.Select(patch => patch.Name)];
    }

    private static ImmutableArray<FileChange> Changes(EditNotes notes, ImmutableArray<PlannedSave> plan, ImmutableArray<PatchName> dropped, SeriesFile series)
    {
        var generated = notes.Series.Patches.Where(patch => patch.Plan.Generated).Select(patch => patch.Name).ToHashSet();
        return
        [
            .. plan.Where(patch => !generated.Contains(patch.Name)).Select(patch => FileChange.Write(notes.PathOf(patch.Name), patch.Bytes)),
            .. dropped.Select(name => FileChange.Delete(notes.PathOf(name))),
            FileChange.Write(TreePath.Parse($"{notes.Series.Folder}/series"), series.ToBytes()),
        ];
    }

    /// <summary>A release's own patch stands for the line's, so neither goes without the other being looked at.</summary>
    private static void RefuseDroppingOwn(LoadedSeries all, ImmutableArray<PatchName> dropped)
    {
        foreach (var own in all.Own.Values.SelectMany(patches => patches.Values).Where(patch => dropped.Contains(patch.Name)))
        {
            throw Failure.Refused(
                $"{own.Name} is not dropped: a release has its own of that name", "remove that file first if no release needs it, or bring the commit back: git reflog", new FileLocation(own.File));
        }
    }

    /// <summary>Each file is as it was when the work tree was made, or as it shall be; anything else is somebody's work.</summary>
    private static void RefuseOthersWork(ForgeSettings settings, EditNotes notes, ImmutableArray<FileChange> changes, LoadedSeries disk)
    {
        var was = notes.Series.Patches.ToDictionary(patch => notes.PathOf(patch.Name), patch => patch.Bytes);
        was[TreePath.Parse($"{notes.Series.Folder}/series")] = notes.Series.File.ToBytes();
        foreach (var change in changes)
        {
            var file = settings.PathOf(change.Path.Text);
            var now = File.Exists(file) ? File.ReadAllBytes(file) : null;
            var asItWas = was.TryGetValue(change.Path, out var before) ? now is not null && before.Span.SequenceEqual(now) : now is null;
            var asItShallBe = change.Content is { } content ? now is not null && content.Span.SequenceEqual(now) : now is null;
            if (!asItWas && !asItShallBe)
            {
                throw Failure.Refused(
                    "was changed since the work tree was made, so saving would undo somebody's work",
                    $"make a new work tree (patchforge edit {notes.Release} --to DIR) and take your commits there: git fetch, git cherry-pick",
                    new FileLocation(change.Path.Text));
            }
        }
    }

    /// <summary>The whole new series on the pristine release: with the generated patches as their sources are now.</summary>
    private static SeriesMove Verified(EditNotes notes, ImmutableArray<PlannedSave> plan, SeriesFile series, LoadedSeries disk, ITree pristine, CancellationToken cancel)
    {
        var move = MoveSeries.Run(new MoveRequest(notes.Release, pristine, Loaded(notes, plan, series, disk)), cancel);
        return ApplySeries.Problem(move) is not { } problem ? move : throw new Failure(
            problem.Kind,
            $"saved like this the series would not apply: {problem.Message}",
            "our own sources were changed since the work tree was made; make a new one and take your commits there: git fetch, git cherry-pick",
            problem.At);
    }

    private static LoadedSeries Loaded(EditNotes notes, ImmutableArray<PlannedSave> plan, SeriesFile series, LoadedSeries generatedFrom)
    {
        var entries = series.Entries.ToDictionary(entry => entry.Name);
        var saved = plan.ToDictionary(patch => patch.Name);
        var kept = generatedFrom.Patches.Where(patch => patch.Plan.Generated || patch.IsAbsent).ToDictionary(patch => patch.Name);
        return new LoadedSeries(notes.Series.Folder, series, [.. series.Entries.Select(entry => kept.GetValueOrDefault(entry.Name) ?? Load(entry.Name))], [], generatedFrom.Bases);

        LoadedPatch Load(PatchName name) => new(
            new PlannedPatch(entries[name], false), Diffs.Patch.Parse(saved[name].Bytes, notes.PathOf(name).Text, entries[name].Strip), saved[name].Bytes, saved[name].Bytes)
        {
            Shared = notes.Series.Patches.FirstOrDefault(patch => patch.Name == name)?.Shared,
        };
    }

    /// <summary>New commits get the trailer that ties them to their patches, before anything lands: a killed save is then found again.</summary>
    private static void Name(IGitWorkTree tree, EditNotes notes, ImmutableArray<PlannedSave> plan)
    {
        var messages = plan.Where(patch => !patch.IsNamed).ToDictionary(
            patch => patch.Commit.Id,
            patch => PatchMessage.OfCommit(patch.Commit, out _).ToCommit(patch.Name));
        if (messages.Count > 0)
        {
            tree.Reword(notes.Base, messages);
        }
    }

    /// <summary>The trees of commits, each opened once.</summary>
    private sealed class CommitTrees(IGitWorkTree tree) : IDisposable
    {
        private readonly Dictionary<string, (IGitSnapshot Snapshot, ITree Tree)> _open = [];

        public ITree Of(string commit)
        {
            if (!_open.TryGetValue(commit, out var known))
            {
                var snapshot = tree.Snapshot(commit);
                _open[commit] = known = (snapshot, new GitTree([(snapshot, "")]));
            }

            return known.Tree;
        }

        public void Dispose()
        {
            foreach (var (snapshot, _) in _open.Values)
            {
                snapshot.Dispose();
            }
        }
    }
}
