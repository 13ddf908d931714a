using System.Collections.Immutable;
using System.Text;

namespace PatchForge.Roots;

/// <summary>One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).</summary>
/// <param name="Point">Where it is mounted, with the octal escapes undone.</param>
/// <param name="Lowers">An overlay's lower folders as they were given to it, the topmost first; empty for other file systems.</param>
public sealed record Mount(string Point, string FileSystem, string Source, ImmutableArray<string> Lowers);

/// <summary>/proc/PID/mountinfo as data.</summary>
public static class MountTable
{
    public static ImmutableArray<Mount> Parse(string text)
    {
        var mounts = ImmutableArray.CreateBuilder<Mount>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // "36 35 98:0 /root /point options optional... - type source super": the dash ends the optional fields.
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-");
            if (fields.Length > 4 && dash >= 6 && dash + 2 < fields.Length)
            {
                mounts.Add(new Mount(Unescaped(fields[4]), fields[dash + 1], Unescaped(fields[dash + 2]), Lowers(fields.ElementAtOrDefault(dash + 3) ?? "")));
            }
        }

        return mounts.ToImmutable();
    }

    /// <summary>The mount points at <paramref name="folder"/> or below it.</summary>
    public static IEnumerable<string> At(IEnumerable<Mount> mounts, string folder) =>
        mounts.Select(mount => mount.Point)
            .Where(point => point == folder || point.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>The kernel shows <c>lowerdir=A:B</c>, or <c>lowerdir+=A</c> for each where they were given one by one.</summary>
    private static ImmutableArray<string> Lowers(string options) =>
    [
        .. options.Split(',')
            .Select(option => option.Split('=', 2))
            .Where(option => option is ["lowerdir" or "lowerdir+", _])
            .SelectMany(option => option[1].Split(':', StringSplitOptions.RemoveEmptyEntries))
            .Select(Unescaped),
    ];

    private static string Unescaped(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        // Space, tab, line feed and backslash are \040 \011 \012 \134; they escape bytes of UTF-8, not characters.
        var bytes = new List<byte>();
        var raw = Encoding.UTF8.GetBytes(field);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '\\' && i + 3 < raw.Length && raw.AsSpan(i + 1, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0)
            {
                bytes.Add(byte.CreateTruncating(((raw[i + 1] - '0') * 64) + ((raw[i + 2] - '0') * 8) + (raw[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.Add(raw[i]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
