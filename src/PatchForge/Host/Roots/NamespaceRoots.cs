using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Host.Roots;

/// <summary>
/// Roots by overlayfs and namespaces: unshare(1) makes the namespaces, <c>enter.sh</c> in them the root. When
/// the tool dies, so does unshare, with it the namespaces' first process, and with that one everything inside.
/// </summary>
public sealed partial class NamespaceRoots(IProcesses processes, string stateFolder) : IRoots
{
    private static readonly Lazy<string> s_enter = new(ReadEnter);
    private static readonly ImmutableArray<string> s_proxies = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy"];
    private readonly TreeRemoval _removal = new(processes);
    private RootAbility? _ability;

    public string StateFolder { get; } = stateFolder;

    /// <summary><c>$XDG_CACHE_HOME/patchforge/roots</c>, or below <c>~/.cache</c> (XDG base directories).</summary>
    public static string UsualStateFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.Combine(
            Path.IsPathRooted(cache) ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "patchforge",
            "roots");
    }

    public async Task<RootAbility> Ability(CancellationToken cancel) => _ability ??= await Abilities.Look(processes, cancel);

    public RootTree Host() => HostParts.Of("/");

    public RootTree Folder(string path) => new(path, [new RootPart(path, "/")], [], []);

    public async Task<ProcessAnswer> Run(RootRun run, CancellationToken cancel)
    {
        var ability = await Ability(cancel);
        if (ability is RootAbility.None none)
        {
            throw Failure.Missing(none.Why, none.Hint);
        }

        await using var session = await Session.Begin(StateFolder, _removal, ability, cancel);
        KeepDescriptorsOut();
        var token = "patchforge-" + Path.GetFileName(session.Folder);
        var request = new ProcessRequest("unshare", Words([.. Unshare(run, ability), "--", "sh", "-c", s_enter.Value, "enter", .. Operations(run, session.Folder, token, ability), "--", .. run.Command]))
        {
            CleanEnvironment = true,
            Environment = EnvironmentOf(run),
            Interactive = run.Interactive,
            TimeLimit = run.TimeLimit,
            OnLine = line => Heard(line, token, run),
        };
        var answer = await processes.Run(request, cancel);
        var told = Path.Combine(session.Folder, "failed");
        if (File.Exists(told) && new FileInfo(told).Length > 0)
        {
            throw Failure.Refused($"the root {run.Root.Name} could not be set up: {File.ReadAllText(told).Trim()}", "`-v` shows the command; dmesg(1) may say more");
        }

        var output = answer.Output.StartsWith(token, StringComparison.Ordinal)
            ? answer.Output[(answer.Output.IndexOf('\n', StringComparison.Ordinal) + 1)..]
            : answer.Output;
        return answer with { Output = output };
    }

    public Task<ProcessAnswer> RunSelf(int init, ImmutableArray<string> arguments, ReadOnlyMemory<byte> input, Action<string>? onLine, CancellationToken cancel)
    {
        ImmutableArray<string> user = _ability is RootAbility.WithSubordinateIds ? ["--user", "--preserve-credentials"] : [];
        var target = init.ToString(CultureInfo.InvariantCulture);
        return processes.Run(
            new ProcessRequest("nsenter", Words(["--target", target, "--net", .. user, "--", Self(), .. arguments])) { Input = input, OnLine = onLine },
            cancel);
    }

    public async Task Unpack(string archive, string folder, CancellationToken cancel)
    {
        ImmutableArray<string> tar =
        [
            "tar", "--extract", "--file", archive, "--directory", folder, "--numeric-owner", "--same-owner", "--preserve-permissions",
            "--xattrs", "--xattrs-include=*",

            // Anchored: tar(1) would otherwise leave out every folder's dev/.
            "--anchored", "--exclude=./dev/*", "--exclude=dev/*",
        ];
        var answer = await Ability(cancel) is RootAbility.WithSubordinateIds
            ? await processes.Run(new ProcessRequest("unshare", Words(["--user", "--map-root-user", "--map-auto", "--", .. tar])), cancel)
            : await processes.Run(new ProcessRequest(tar[0], tar[1..]), cancel);
        if (!answer.Succeeded)
        {
            throw Failure.Refused($"{archive} could not be unpacked: {answer.Error.Trim().Split('\n')[0]}");
        }
    }

    public Task Remove(string folder, CancellationToken cancel) => _removal.Remove(folder, _ability is RootAbility.WithSubordinateIds, cancel);

    public Task<IDisposable> Lock(string file, CancellationToken cancel) => FileLock.Wait(file, cancel);

    private static ImmutableArray<string> Unshare(RootRun run, RootAbility ability) =>
    [
        .. ability is RootAbility.WithSubordinateIds ? ["--user", "--map-root-user", "--map-auto"] : Array.Empty<string>(),
        "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts",
        .. run.Rights == RootRights.Packages ? Array.Empty<string>() : ["--net"],
        "--propagation", "private",
    ];

    internal static ImmutableArray<string> Words(ImmutableArray<string> words) => words;

    private List<string> Operations(RootRun run, string session, string token, RootAbility ability)
    {
        List<string> words = ["session", session, "say", token, "ids", ability is RootAbility.AsRoot ? "owned" : "user"];
        words.AddRange(["caps", Capabilities.SetprivList(run.Rights), "cwd", run.WorkingDirectory]);
        words.AddRange(run.Interactive ? ["silent"] : []);
        words.AddRange(run.CommandIsInit ? ["init"] : []);
        words.AddRange(run.Rights == RootRights.Portage ? ["nest"] : []);
        words.AddRange(run.Rights == RootRights.Packages ? ["resolver", Resolver()] : ["loopback"]);
        if (run.KeepIn is { } keep)
        {
            words.AddRange(["keep", keep]);
        }

        foreach (var (part, number) in run.Root.Parts.Select((part, number) => (part, number)))
        {
            var lowers = run.Root.Layers
                .Select(layer => Path.Combine(layer, number.ToString(CultureInfo.InvariantCulture)))
                .Where(Directory.Exists)
                .Append(part.Lower);
            words.AddRange(["part", string.Join(':', lowers.Select(OverlayPath)), part.Inside == "/" ? "" : part.Inside]);
        }

        words.AddRange(run.Root.Links.SelectMany(link => new[] { "link", link.Target, link.Inside }));
        words.Add("system");
        words.AddRange(run.Binds.SelectMany(bind => new[] { "bind", bind.Outside, bind.Inside, bind.Writable ? "rw" : "ro" }));
        OverlayPath(StateFolder);
        return words;
    }

    /// <summary>The mount options' separators cannot stand in a path there (mount(8), overlayfs' documentation).</summary>
    private static string OverlayPath(string path) =>
        path.AsSpan().IndexOfAny(",:\\\"") < 0 && !path.Any(char.IsControl)
            ? path
            : throw Failure.Refused($"'{path}' cannot be part of a root: overlayfs takes no comma, colon, backslash or quote in a path");

    private static ImmutableSortedDictionary<string, string> EnvironmentOf(RootRun run)
    {
        var environment = run.Environment
            .SetItem("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .SetItem("HOME", "/root")
            .SetItem("TERM", run.Interactive ? Environment.GetEnvironmentVariable("TERM") ?? "dumb" : "dumb");
        return run.Rights != RootRights.Packages
            ? environment
            : s_proxies.Aggregate(
                environment,
                (all, name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? all.SetItem(name, value) : all);
    }

    private static string Resolver() =>
        new FileInfo("/etc/resolv.conf") is { Exists: true } file
            ? (file.ResolveLinkTarget(returnFinalTarget: true) ?? file).FullName
            : throw Failure.Missing("this machine has no /etc/resolv.conf, so packages cannot be fetched for the root");

    private static void Heard(string line, string token, RootRun run)
    {
        if (line.StartsWith(token + " began ", StringComparison.Ordinal))
        {
            run.OnStarted?.Invoke(int.Parse(line.AsSpan(token.Length + 7), CultureInfo.InvariantCulture));
        }
        else
        {
            run.OnLine?.Invoke(line);
        }
    }

    private static string Self() =>
        Environment.ProcessPath is { } path && Path.GetFileName(path) == "patchforge"
            ? path
            : Path.Combine(AppContext.BaseDirectory, "patchforge");

    private static string ReadEnter()
    {
        using var stream = typeof(NamespaceRoots).Assembly.GetManifestResourceStream("PatchForge.Host.Roots.enter.sh")
            ?? throw new InvalidOperationException("enter.sh is not in the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>
    /// Descriptors that this process inherited may be folders of the machine, and one would lead out of the
    /// root: none of them is handed on (close_range(2), CLOSE_RANGE_CLOEXEC; Linux 5.11, glibc 2.34).
    /// </summary>
    private static void KeepDescriptorsOut()
    {
        if (CloseRange(3, uint.MaxValue, 1 << 2) != 0)
        {
            throw Failure.Missing("close_range(2) is not there, and a root is not entered with descriptors of the machine open", "Linux 5.11 or newer has it");
        }
    }

    [LibraryImport("libc", EntryPoint = "close_range", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseRange(uint first, uint last, int flags);
}
