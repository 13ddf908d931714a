using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PatchForge.Tests.Diffs;

/// <summary>Damages patches in the ways that people, mailers and attackers do: whole lines, numbers, single bytes. What it does follows from its seed.</summary>
internal sealed partial class Mutator(Random random)
{
    private static readonly string[] s_words =
    [
        "--- a/f\n", "+++ b/f\n", "--- /dev/null\n", "+++ /dev/null\n", "diff --git a/f b/f\n", "diff --git a/f b/g\n", "diff --git \"a/\\303\\244\" b/x\n",
        "@@ -1 +1 @@\n", "@@ -0,0 +1 @@\n", "@@ -1 +0,0 @@\n", "@@ -1,0 +2 @@\n", "@@ -999999999,3 +1,3 @@\n", "@@ -1,999999999 +1,999999999 @@\n",
        "@@ -4294967297 +1 @@\n", "@@ -1 +1 @@ x\r\n", "@@@ -1 -1 +1 @@@\n", "\\ No newline at end of file\n", "\\ Kein Zeilenumbruch\n", "\n", " \n", "-\n", "+\n", "-- \n",
        "2.39.5\n", "rename from f\n", "rename to g\n", "copy from f\n", "copy to h\n", "new file mode 100644\n", "deleted file mode 100755\n", "old mode 100644\n",
        "new mode 120000\n", "new mode 160000\n", "index 1234567..89abcde 120000\n", "index 1..2\n", "similarity index 90%\n", "GIT binary patch\n", "literal 4\n",
        "Binary files a/f and b/f differ\n", "Index: f\n", "===================================================================\n", "--- a/../x\n", "+++ /etc/passwd\n",
        "+++ b/.git/config\n", "--- \"a/f\\000\"\n", "+++ b/d\tThu Jan  1 00:00:00 1970\n", "--- a/f\t1970-01-01 00:00:00 +0000\n", "*** a/f\n", "***************\n", "Only in a: f\n",
        "-a\n", "+b\n", " c\n", "Subject: x\n", "-- a\n", "++ b\n",
    ];

    /// <summary>One of the patches, changed in a few places, perhaps with parts of another.</summary>
    public byte[] Mutate(IReadOnlyList<byte[]> corpus)
    {
        var lines = Lines(corpus[random.Next(corpus.Count)]);
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            Change(lines, corpus);
        }

        var bytes = Encoding.Latin1.GetBytes(string.Concat(lines));
        return random.Next(12) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes;
    }

    private static List<string> Lines(byte[] bytes) =>
        [.. Encoding.Latin1.GetString(bytes).Split('\n').Select(line => line + "\n")];

    private void Change(List<string> lines, IReadOnlyList<byte[]> corpus)
    {
        var at = random.Next(lines.Count + 1);
        var kind = at == lines.Count ? 0 : random.Next(13);
        switch (kind)
        {
            case 0 or 1:
                lines.Insert(at, s_words[random.Next(s_words.Length)]);
                break;
            case 2:
                lines[at] = s_words[random.Next(s_words.Length)];
                break;
            case 3:
                lines.RemoveAt(at);
                break;
            case 4:
                lines.Insert(at, lines[random.Next(lines.Count)]);
                break;
            case 5:
                var other = random.Next(lines.Count);
                (lines[at], lines[other]) = (lines[other], lines[at]);
                break;
            case 6 or 7:
                lines[at] = Number().Replace(lines[at], number => random.Next(3) == 0 ? Shift(number.Value) : number.Value);
                break;
            case 8:
                lines[at] = " +-\\@\n"[random.Next(6)] + (lines[at].Length > 1 ? lines[at][1..] : "\n");
                break;
            case 9:
                lines[at] = lines[at].TrimEnd('\n') + (random.Next(2) == 0 ? "\r\n" : "");
                break;
            case 10:
                var place = random.Next(lines[at].Length + 1);
                lines[at] = lines[at][..place] + (char)random.Next(256) + lines[at][Math.Min(lines[at].Length, place + 1)..];
                break;
            case 11:
                lines.RemoveRange(at, random.Next(Math.Min(8, lines.Count - at) + 1));
                break;
            default:
                var more = Lines(corpus[random.Next(corpus.Count)]);
                var from = random.Next(more.Count);
                lines.InsertRange(at, more[from..random.Next(from, more.Count)]);
                break;
        }
    }

    private string Shift(string number) =>
        random.Next(8) == 0 ? "2147483648"
        : long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? Math.Max(0, value + random.Next(-2, 3)).ToString(CultureInfo.InvariantCulture)
        : number;

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
