using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>
/// The lines of a text that may stand in a cleartext signature (RFC 9580 section 7), for texts whose signature is
/// checked elsewhere or not at all: only what the signature covers counts, never what stands before or after.
/// </summary>
internal static class Armour
{
    private const string Begin = "-----BEGIN PGP SIGNED MESSAGE-----";
    private const string Signature = "-----BEGIN PGP SIGNATURE-----";

    /// <exception cref="Failure">Refused, when the armour is torn.</exception>
    public static IEnumerable<(int Number, string Text)> Body(string text, string file)
    {
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r', ' ', '\t')).ToArray();
        var begin = Array.IndexOf(lines, Begin);
        if (begin < 0)
        {
            return lines.Select((line, i) => (i + 1, line));
        }

        var body = Array.IndexOf(lines, "", begin);
        var end = Array.IndexOf(lines, Signature, begin);
        return body >= 0 && end > body
            ? Enumerable.Range(body + 1, end - body - 1).Select(i => (i + 1, lines[i].StartsWith("- ", StringComparison.Ordinal) ? lines[i][2..] : lines[i]))
            : throw Failure.Refused("the signature's armour is torn", "the file did not come whole; fetch it again", new FileLocation(file, begin + 1));
    }
}
