using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;

namespace PatchForge.Workflows;

/// <summary>Where a refresh stopped, and what it was asked.</summary>
/// <param name="Id">When it began and in which process; one session has one for all its stops.</param>
/// <param name="Began">For people: when, and who.</param>
/// <param name="Line">The line of <paramref name="Release"/>.</param>
/// <param name="Patch">The patch that a person has to resolve on <paramref name="Release"/>.</param>
/// <param name="Tree">The name of the work tree's folder.</param>
/// <param name="Series">The fingerprint of the line's series folder when the session began: it is not written before the end.</param>
public sealed record SessionState(string Id, string Began, string Line, string Release, PatchName Patch, string Tree, string Series)
{
    public required ImmutableArray<string> Releases { get; init; }

    public required SourceOptions Source { get; init; }

    public string? Root { get; init; }

    public string? Gentoo { get; init; }

    public bool Build { get; init; }

    public bool Attack { get; init; }

    public ImmutableArray<string> Attacks { get; init; } = [];

    public bool Measure { get; init; }

    /// <summary>Whether releases or a line were named.</summary>
    public bool Named { get; init; }

    public ImmutableSortedSet<PatchName> AcceptFuzz { get; init; } = [];
}

/// <summary>
/// A refresh that waits for a person: the folder <c>.patchforge/session</c>. <c>state</c> says where it stands, below
/// <c>resolved/RELEASE/</c> is what was decided, and a folder holds the work tree of the patch in question. Nothing else
/// is written before the end, where all of it lands at once. Each file is written beside its place and renamed, the state
/// last: killed at any moment, the session is where it was or one step further.
/// </summary>
public sealed class ConflictSession(string home, IFolders folders)
{
    private const string Head = "patchforge session 1";
    private const string LeftOut = ".left-out";

    public string Folder { get; } = Path.Combine(home, ".patchforge", "session");

    private string StateFile => Path.Combine(Folder, "state");

    /// <summary>Where the session stands; null when there is none.</summary>
    /// <exception cref="Failure">Refused: the state cannot be read.</exception>
    public SessionState? Read() => File.Exists(StateFile) ? Parse(File.ReadAllLines(StateFile)) : null;

    public string TreeFolder(SessionState state) => Path.Combine(Folder, state.Tree);

    /// <summary>For every command that writes the series or lands a refresh: not while a person is resolving one.</summary>
    /// <exception cref="Failure">Conflict: a session is open; says whose and how to go on.</exception>
    public static void RefuseIfOpen(string home, IFolders folders)
    {
        var session = new ConflictSession(home, folders);
        if (session.Read() is { } state)
        {
            throw new Failure(
                FailureKind.Conflict,
                $"a refresh of {state.Release} waits at {state.Patch} for somebody to resolve a conflict (begun {state.Began})",
                session.HowToGoOn(state),
                new FileLocation(session.TreeFolder(state)));
        }
    }

    public string HowToGoOn(SessionState state) =>
        $"resolve it in {TreeFolder(state)}, then: patchforge refresh --continue\n"
        + $"or leave the patch out of {state.Release}: patchforge refresh --skip\n"
        + "or give all of it up: patchforge refresh --abort";

    /// <summary>What was decided so far, by release and patch.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<PatchName, Resolution>> Resolved()
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, ImmutableSortedDictionary<PatchName, Resolution>>(StringComparer.Ordinal);
        var folder = new DirectoryInfo(Path.Combine(Folder, "resolved"));
        foreach (var release in folder.Exists ? folder.EnumerateDirectories() : [])
        {
            var patches = ImmutableSortedDictionary.CreateBuilder<PatchName, Resolution>();
            foreach (var file in release.EnumerateFiles())
            {
                var skipped = file.Name.EndsWith(LeftOut, StringComparison.Ordinal);
                var name = skipped ? file.Name[..^LeftOut.Length] : file.Name;
                if (PatchName.Complaint(name) is null)
                {
                    patches[PatchName.Parse(name)] = new Resolution(skipped ? (ReadOnlyMemory<byte>?)null : File.ReadAllBytes(file.FullName)); // a null byte[] would become an empty text
                }
            }

            all[release.Name] = patches.ToImmutable();
        }

        return all.ToImmutable();
    }

    /// <summary>Keeps a decision, durably; a later one of the same patch takes its place.</summary>
    public void Decide(string release, PatchName patch, Resolution decision)
    {
        var folder = Path.Combine(Folder, "resolved", release);
        Directory.CreateDirectory(folder);
        Write(Path.Combine(folder, patch.Text + (decision.Text is null ? LeftOut : "")), (decision.Text ?? default).Span);
        File.Delete(Path.Combine(folder, patch.Text + (decision.Text is null ? "" : LeftOut)));
        folders.Sync(folder);
    }

    /// <summary>The session stands at another patch now. Its work tree is complete already.</summary>
    public void Stand(SessionState state)
    {
        Directory.CreateDirectory(Folder);
        Write(StateFile, Encoding.UTF8.GetBytes(Text(state)));
        foreach (var old in new DirectoryInfo(Folder).EnumerateDirectories().Where(old => old.Name != state.Tree && old.Name != "resolved"))
        {
            old.Delete(recursive: true);
        }
    }

    /// <summary>The session is over. A work tree that somebody may have worked in is kept as <c>.patchforge/aborted</c> until the next one is.</summary>
    /// <returns>Where it is kept; null where nothing is.</returns>
    public string? End(bool keep)
    {
        var aside = Path.Combine(home, ".patchforge", keep ? "aborted" : "session.old");
        if (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }

        Directory.Move(Folder, aside);
        folders.Sync(Path.Combine(home, ".patchforge"));
        if (!keep)
        {
            Directory.Delete(aside, recursive: true);
        }

        return keep ? aside : null;
    }

    /// <summary>Leaves what root made here to the checkout's owner.</summary>
    public void Own()
    {
        foreach (var entry in new DirectoryInfo(Folder).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Select(entry => entry.FullName).Prepend(Folder))
        {
            folders.Own(entry, home);
        }
    }

    private void Write(string file, ReadOnlySpan<byte> content)
    {
        DurableFile.Write(file + ".new", content);
        File.Move(file + ".new", file, overwrite: true);
        folders.Sync(Path.GetDirectoryName(file) ?? home);
    }

    private static string Text(SessionState state)
    {
        var text = new StringBuilder(Head).Append('\n');
        void Say(string key, string? value) => _ = value is null ? text : text.Append(key).Append(' ').Append(value.ReplaceLineEndings(" ")).Append('\n');
        Say("id", state.Id);
        Say("began", state.Began);
        Say("line", state.Line);
        Say("release", state.Release);
        Say("patch", state.Patch.Text);
        Say("tree", state.Tree);
        Say("series", state.Series);
        foreach (var release in state.Releases)
        {
            Say("asked", release);
        }

        foreach (var patch in state.AcceptFuzz)
        {
            Say("accept-fuzz", patch.Text);
        }

        Say("distdir", state.Source.Distdir);
        Say("git", state.Source.Git);
        Say("unofficial", state.Source.Unofficial ? "yes" : null);
        Say("trust-first-use", state.Source.TrustFirstUse ? "yes" : null);
        Say("root", state.Root);
        Say("gentoo", state.Gentoo);
        Say("build", state.Build ? "yes" : null);
        Say("attack", state.Attack ? "yes" : null);
        foreach (var attack in state.Attacks)
        {
            Say("attack-alone", attack);
        }

        Say("measure", state.Measure ? "yes" : null);
        Say("named", state.Named ? "yes" : null);
        return text.ToString();
    }

    private SessionState Parse(string[] lines)
    {
        var at = new FileLocation(StateFile);
        if (lines is not [Head, .. var rest])
        {
            throw Failure.Refused("this is no session that this version can read", "finish it with the version that began it, or remove the folder " + Folder, at);
        }

        var said = rest.Select(line => line.Split(' ', 2)).Where(words => words.Length == 2).ToLookup(words => words[0], words => words[1], StringComparer.Ordinal);
        string Must(string key) => said[key].FirstOrDefault() ?? throw Failure.Refused($"the session does not say its '{key}'", "remove the folder " + Folder, at);
        return new SessionState(Must("id"), Must("began"), Must("line"), Must("release"), PatchName.Parse(Must("patch"), at), Trees.TreePath.Parse(Must("tree"), at).Name, Must("series"))
        {
            Releases = [.. said["asked"]],
            Source = new SourceOptions
            {
                Distdir = said["distdir"].FirstOrDefault(),
                Git = said["git"].FirstOrDefault(),
                Unofficial = said["unofficial"].Any(),
                TrustFirstUse = said["trust-first-use"].Any(),
            },
            Root = said["root"].FirstOrDefault(),
            Gentoo = said["gentoo"].FirstOrDefault(),
            Build = said["build"].Any(),
            Attack = said["attack"].Any(),
            Attacks = [.. said["attack-alone"]],
            Measure = said["measure"].Any(),
            Named = said["named"].Any(),
            AcceptFuzz = [.. said["accept-fuzz"].Select(name => PatchName.Parse(name, at))],
        };
    }

    /// <summary>A new session's own: where it stands is said later.</summary>
    public static SessionState Begin(RefreshRequest request, IClock clock, string line, string series)
    {
        var now = clock.UtcNow;
        return new SessionState(
            string.Create(CultureInfo.InvariantCulture, $"{now.UtcTicks:x}-{Environment.ProcessId}"),
            string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd HH:mm} UTC by {Environment.UserName}"),
            line, "", default, "", series)
        {
            Releases = request.Releases,
            Source = request.Source,
            Root = request.Root,
            Gentoo = request.Gentoo,
            Build = request.Build,
            Attack = request.Attack,
            Attacks = request.Attacks,
            Measure = request.Measure,
            Named = request.Named,
            AcceptFuzz = [.. request.AcceptFuzz],
        };
    }
}
