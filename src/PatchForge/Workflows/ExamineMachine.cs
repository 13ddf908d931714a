using System.Collections.Immutable;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <param name="Needed">What it is for; what does not work without it.</param>
/// <param name="Found">Where it was found, or null.</param>
/// <param name="Install">How to get it: a command for this machine's distribution, or a sentence.</param>
/// <param name="Optional">Whether the main job can do without it.</param>
public sealed record MachineFact(string Name, string Needed, string? Found, string Install, bool Optional);

public sealed record MachineAnswer(string Distribution, ImmutableArray<MachineFact> Facts)
{
    public bool Ready => Facts.All(fact => fact.Found is not null || fact.Optional);
}

/// <summary>What <c>doctor</c> asks: each thing the tool may need, whether it is here, and how to install it.</summary>
public sealed class ExamineMachine(IProcesses processes)
{
    private static readonly (string Program, string Needed, string Debian, string Gentoo, bool Optional)[] Programs =
    [
        ("unshare", "roots: private namespaces to build in", "util-linux", "sys-apps/util-linux", false),
        ("nsenter", "smoke: asking the server inside its namespace", "util-linux", "sys-apps/util-linux", false),
        ("setsid", "ending a command with all it started", "util-linux", "sys-apps/util-linux", false),
        ("mount", "roots: the copy-on-write view", "mount", "sys-apps/util-linux", false),
        ("tar", "stage3 roots: owners and extended attributes", "tar", "app-arch/tar", false),
        ("bash", "md5-cache: sourcing ebuilds", "bash", "app-shells/bash", false),
        ("xz", "stage3 roots: unpacking .tar.xz", "xz-utils", "app-arch/xz-utils", true),
        ("newuidmap", "roots as an ordinary user", "uidmap", "sys-apps/shadow", true),
        ("git", "working from a clone of upstream; comparing", "git", "dev-vcs/git", true),
        ("apt-get", "installing build tools inside a root that has apt", "apt", "-", true),
        ("emerge", "installing build tools inside a root that has Portage", "-", "sys-apps/portage", true),
    ];

    /// <param name="osRelease">The text of os-release(5), or null where there is none.</param>
    public MachineAnswer Run(string? osRelease)
    {
        var ids = Values(osRelease, "ID").Concat(Values(osRelease, "ID_LIKE").SelectMany(value => value.Split(' '))).ToArray();
        var install = ids.Contains("gentoo") ? "gentoo" : ids.Contains("debian") || ids.Contains("ubuntu") ? "debian" : "other";
        var facts = Programs.Select(program => new MachineFact(
            program.Program,
            program.Needed,
            processes.Find(program.Program),
            Command(install, program.Debian, program.Gentoo),
            program.Optional)).ToList();
        facts.Add(Feature("overlayfs", "roots: the copy-on-write view", "/proc/filesystems", "overlay", "load it: modprobe overlay (CONFIG_OVERLAY_FS)"));
        facts.Add(Feature("user namespaces", "roots as an ordinary user", "/proc/self/ns/user", null, "a kernel with CONFIG_USER_NS, and user.max_user_namespaces above 0"));
        return new MachineAnswer(Values(osRelease, "PRETTY_NAME").FirstOrDefault() ?? "unknown distribution", [.. facts]);
    }

    private static MachineFact Feature(string name, string needed, string file, string? word, string install)
    {
        var there = File.Exists(file) && (word is null || File.ReadAllText(file).Split(['\n', '\t', ' ']).Contains(word));
        return new MachineFact(name, needed, there ? file : null, install, Optional: true);
    }

    private static string Command(string install, string debian, string gentoo) => install switch
    {
        "debian" when debian != "-" => "apt-get install " + debian,
        "gentoo" when gentoo != "-" => "emerge " + gentoo,
        "other" => $"the package with {debian} (Debian's name) or {gentoo} (Gentoo's)",
        _ => "not for this distribution",
    };

    private static IEnumerable<string> Values(string? osRelease, string key) =>
        (osRelease ?? "").Split('\n')
            .Where(line => line.StartsWith(key + "=", StringComparison.Ordinal))
            .Select(line => line[(key.Length + 1)..].Trim('"', '\''));
}
