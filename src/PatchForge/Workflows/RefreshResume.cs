using System.Collections.Immutable;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>How a refresh that waits goes on.</summary>
public enum Resume
{
    /// <summary>The work tree is what the patch shall make.</summary>
    Continue,

    /// <summary>The release does without the patch.</summary>
    Skip,
}

/// <param name="Add">Files that are new in the work tree and belong into the patch.</param>
/// <param name="AcceptFuzz">Patches that may be applied with fuzz from here on.</param>
public sealed record ResumeRequest(ForgeSettings Settings, Resume How, ImmutableArray<string> Add, ImmutableHashSet<PatchName> AcceptFuzz, string Tool);

/// <param name="Kept">Where the session is kept until the next one is given up.</param>
public sealed record AbortAnswer(string Release, string Patch, string Kept);

/// <remarks>
/// A session remembers what was asked and what was decided; everything between is worked out again, so that nothing
/// half done is ever on disk.
/// </remarks>
public sealed partial class Refresh
{
    private static readonly ImmutableSortedDictionary<string, ImmutableSortedDictionary<PatchName, Resolution>> NoneResolved =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<PatchName, Resolution>>(StringComparer.Ordinal);

    /// <exception cref="Failure">Refused: no refresh waits, or the series is not any more what it was; Conflict: what waits is not resolved.</exception>
    public async Task<RefreshAnswer> Resume(ResumeRequest asked, CancellationToken cancel)
    {
        var settings = asked.Settings;
        using var work = WorkFolder.Take(settings.Home, "refresh --" + (asked.How == Workflows.Resume.Skip ? "skip" : "continue"));
        var strip = new LandingStrip(settings.Home, work, folders);
        var notes = ImmutableArray.CreateBuilder<string>();
        notes.AddRange(strip.Recover().Select(folder => $"{folder}: finished what an interrupted run had begun"));
        var ended = EndLanded(settings, strip);
        var session = new ConflictSession(settings.Home, folders);
        var state = ended ?? session.Read() ?? throw Failure.Refused("no refresh waits for anybody here", "patchforge refresh RELEASE begins one");
        state = state with { AcceptFuzz = state.AcceptFuzz.Union(asked.AcceptFuzz) };
        var request = Request(settings, state, asked.Tool);
        if (ended is not null)
        {
            return await Go(request, strip, null, notes, cancel); // it had landed before it could say so
        }

        RefuseChanged(settings, state);
        if (asked.How == Workflows.Resume.Skip)
        {
            session.Decide(state.Release, state.Patch, new Resolution(null));
        }
        else if (session.Resolved().GetValueOrDefault(state.Release)?.GetValueOrDefault(state.Patch) is not { Text: null } && !asked.AcceptFuzz.Contains(state.Patch))
        {
            session.Decide(state.Release, state.Patch, new Resolution(await Taken(request, state, session, [.. asked.Add.Select(path => TreePath.Parse(path))], cancel)));
        }

        return await Go(request, strip, state, notes, cancel);
    }

    /// <summary>Gives the session up. Nothing had been written for it outside of its own folder.</summary>
    /// <exception cref="Failure">Refused: no refresh waits.</exception>
    public AbortAnswer Abort(ForgeSettings settings)
    {
        using var work = WorkFolder.Take(settings.Home, "refresh --abort");
        var strip = new LandingStrip(settings.Home, work, folders);
        strip.Recover();
        var session = new ConflictSession(settings.Home, folders);
        var state = EndLanded(settings, strip) is null ? session.Read() : null;
        return state is null
            ? throw Failure.Refused("no refresh waits for anybody here")
            : new AbortAnswer(state.Release, state.Patch.Text, session.End(keep: true) ?? "");
    }

    /// <summary>A session whose refresh has landed, in a run that was killed before it could end it.</summary>
    private SessionState? EndLanded(ForgeSettings settings, LandingStrip strip)
    {
        var session = new ConflictSession(settings.Home, folders);
        if (session.Read() is { } state && strip.LastSession() == state.Id)
        {
            session.End(keep: false);
            return state;
        }

        return null;
    }

    private static RefreshRequest Request(ForgeSettings settings, SessionState state, string tool)
    {
        var gone = state.Releases.FirstOrDefault(release => !settings.Lines.Any(line => line.Releases.Any(known => known.Version == release)));
        return gone is not null
            ? throw Failure.Refused($"the refresh that waits was asked for {gone}, which the settings do not have any more", "put the release back, or: patchforge refresh --abort")
            : new RefreshRequest(settings, state.Releases, state.Source, tool)
            {
                Root = state.Root,
                Gentoo = state.Gentoo,
                Build = state.Build,
                Attack = state.Attack,
                Attacks = state.Attacks,
                Measure = state.Measure,
                Named = state.Named,
                AcceptFuzz = [.. state.AcceptFuzz],
            };
    }

    private static void RefuseChanged(ForgeSettings settings, SessionState state)
    {
        var (line, _) = settings.Release(state.Release);
        if (FolderFingerprint.Of(settings.PathOf(line.Series)) != state.Series)
        {
            throw Failure.Refused(
                $"{line.Series} was changed since the refresh began to wait, and what was resolved was resolved on the old one",
                "put it back as it was (version control has it) and go on, or: patchforge refresh --abort",
                new FileLocation(line.Series));
        }
    }

    /// <summary>The new text of the patch that waits, from its work tree.</summary>
    private async Task<byte[]> Taken(RefreshRequest request, SessionState state, ConflictSession session, ImmutableArray<TreePath> add, CancellationToken cancel)
    {
        var settings = request.Settings;
        var series = await LoadSeries(settings, cancel);
        using var sources = new SourcesAtHand(outside, variable, settings, request.Source);
        var resolved = session.Resolved();
        resolved = resolved.SetItem(state.Release, resolved.GetValueOrDefault(state.Release, ImmutableSortedDictionary<PatchName, Resolution>.Empty).Remove(state.Patch));
        var prepared = await new PrepareReleases(outside, variable).Run(settings, series, [state.Release], request.Source, request.AcceptFuzz, cancel);
        using var release = (await new MergeConflicts(sources, request.AcceptFuzz).Run(prepared, series, resolved, cancel))[0];
        if (release.Move?.Patches.FirstOrDefault(patch => patch.Name == state.Patch) is not { Before: not null } stopped)
        {
            throw release.Failure ?? Failure.Refused($"{state.Patch} is not reached on {state.Release} any more", "patchforge refresh --abort gives the session up");
        }

        return TakeResolution.Run(state, session.TreeFolder(state), stopped, add);
    }

    /// <summary>Opens the session at the first patch that a person can resolve, or moves it there.</summary>
    private async Task<SessionState?> Stop(RefreshRequest request, ImmutableArray<PreparedRelease> prepared, SessionState? state, CancellationToken cancel)
    {
        var session = new ConflictSession(request.Settings.Home, folders);
        if (state is null && Directory.Exists(session.Folder))
        {
            Directory.Delete(session.Folder, recursive: true); // of a run that was killed before its session began
        }

        if (prepared.FirstOrDefault(release => release.Move?.Stopped is { Merge: not null }) is not { Move.Stopped: { } stopped } first)
        {
            return null;
        }

        var series = FolderFingerprint.Of(request.Settings.PathOf(first.Line.Series));
        var at = state is null ? ConflictSession.Begin(request, outside.Clock, first.Line.Line, series) : state with { Line = first.Line.Line, Series = series };
        return await new StopForPerson(session, outside.Story).Run(at, first.Release, stopped, cancel);
    }

    /// <summary>The failure that says how to go on with the session.</summary>
    private PreparedRelease Told(ForgeSettings settings, PreparedRelease release, SessionState state) => release.Failure is not { } failure ? release : release with
    {
        Failure = new Failure(
            failure.Kind,
            failure.Message,
            new ConflictSession(settings.Home, folders).HowToGoOn(state),
            failure.At)
        {
            Facts = failure.Facts,
        },
    };
}
