using System.Collections.Immutable;
using System.Globalization;

namespace PatchForge.Smoke;

/// <summary>Whether processes are who they should be.</summary>
public static class IdentityJudge
{
    /// <summary>What the smoke test's script prints of id(1): uid, gid and the groups in order of their numbers.</summary>
    public static string ScriptLine(ServingIds ids) =>
        string.Create(CultureInfo.InvariantCulture, $"ids uid={ids.Uid} gid={ids.Gid} groups={string.Join(' ', ids.Groups.Append(ids.Gid).Distinct().Order())} end");

    /// <summary>Null when all four ids and the groups are <paramref name="ids"/> and no capability is there to be used.</summary>
    public static string? Complaint(ProcessIdentity process, ServingIds ids)
    {
        if (process.Uids.Length != 4 || process.Uids.Any(uid => uid != ids.Uid))
        {
            return "a user id is not the expected one";
        }

        if (process.Gids.Length != 4 || process.Gids.Any(gid => gid != ids.Gid))
        {
            return "a group id is not the expected one";
        }

        // setgroups(2) may or may not repeat the first group.
        if (!process.Groups.Append(ids.Gid).ToHashSet().SetEquals(ids.Groups.Append(ids.Gid)))
        {
            return "the supplementary groups are not the expected ones";
        }

        return (process.Permitted | process.Effective | process.Inheritable | process.Ambient) != 0 ? "a capability is left" : null;
    }

    public static Verdict Serving(Probe.ServingProcess probe, ProcessIdentity process)
    {
        var complaint = Complaint(process, probe.Ids)
            ?? (probe.EmptyBounding && process.Bounding != 0 ? "the bounding set is not empty" : null);
        return new Verdict(probe.Name, probe.Expected, process + (complaint is null ? "" : $" ({complaint})"), complaint is null);
    }

    /// <summary>One holder at least is who serves the site; any other is the server's own user or passes connections on, and none is root.</summary>
    public static Verdict Sending(Probe.SendingProcess probe, ImmutableArray<ProcessIdentity> holders, bool wholeFile)
    {
        var serving = holders.Count(holder => Complaint(holder, probe.Ids) is null);
        var stranger = holders.FirstOrDefault(holder =>
            Complaint(holder, probe.Ids) is not null && holder.Uids.Any(uid => uid != probe.Front.Uid) && Complaint(holder, probe.Dispatcher) is not null);
        var complaint = holders.IsEmpty ? "nobody holds the connection"
            : serving == 0 ? "none of them is the site's user"
            : stranger is not null ? $"{stranger.Name} {stranger.InnerPid} is neither the site's nor the server's user, and no dispatcher"
            : !wholeFile ? "the file did not come whole"
            : null;
        return new Verdict(probe.Name, probe.Expected, string.Join("; ", holders) + (complaint is null ? "" : $" ({complaint})"), complaint is null);
    }
}
