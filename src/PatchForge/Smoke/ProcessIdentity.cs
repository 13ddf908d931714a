using System.Collections.Immutable;
using System.Globalization;

namespace PatchForge.Smoke;

/// <summary>/proc/PID/status (proc_pid_status(5)) as far as identity goes.</summary>
/// <param name="InnerPid">The process id in the innermost pid namespace.</param>
/// <param name="Uids">Real, effective, saved and file system's.</param>
public sealed record ProcessIdentity(
    int Pid,
    int InnerPid,
    int Parent,
    string Name,
    ImmutableArray<int> Uids,
    ImmutableArray<int> Gids,
    ImmutableArray<int> Groups,
    ulong Inheritable,
    ulong Permitted,
    ulong Effective,
    ulong Bounding,
    ulong Ambient)
{
    public static ProcessIdentity Parse(string status)
    {
        var fields = status.Split('\n')
            .Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2)
            .GroupBy(parts => parts[0], StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First()[1].Trim(), StringComparer.Ordinal);
        ImmutableArray<int> Numbers(string name) => fields.TryGetValue(name, out var text)
            ? [.. text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(word => unchecked((int)uint.Parse(word, CultureInfo.InvariantCulture)))]
            : [];

        // A set that is not there must not pass as an empty one.
        ulong Set(string name) => fields.TryGetValue(name, out var text) ? ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : ulong.MaxValue;
        return new ProcessIdentity(
            Numbers("Pid").FirstOrDefault(),
            Numbers("NSpid").LastOrDefault(),
            Numbers("PPid").FirstOrDefault(),
            fields.GetValueOrDefault("Name", ""),
            Numbers("Uid"),
            Numbers("Gid"),
            Numbers("Groups"),
            Set("CapInh"),
            Set("CapPrm"),
            Set("CapEff"),
            Set("CapBnd"),
            Set("CapAmb"));
    }

    public override string ToString() =>
        $"{Name} {InnerPid}: uids {string.Join(' ', Uids)}, gids {string.Join(' ', Gids)}, groups {string.Join(' ', Groups)}, CapPrm {Permitted:x}, CapEff {Effective:x}, CapBnd {Bounding:x}";
}
