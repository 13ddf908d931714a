using System.Globalization;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>
/// <c>latest-stage3-ARCH-VARIANT.txt</c>: comment lines, then <c>YYYYMMDDThhmmssZ/FILE SIZE</c>; the copies below
/// <c>current-…/</c> leave the folder out. The clear-signature's armour is taken off before, or ignored.
/// </summary>
/// <param name="Path">Relative to the index' own address.</param>
/// <param name="Size">Bytes.</param>
public sealed record Stage3Index(string Path, Stage3Name Name, long Size)
{
    /// <summary>More than any index has; one that is longer is not read.</summary>
    public const long Limit = 64 << 10;

    /// <exception cref="Failure">Refused, with the line, when it names no stage3 or more than one.</exception>
    public static Stage3Index Parse(string text, string file)
    {
        Stage3Index? found = null;
        var number = 0;
        foreach (var line in Armour.Body(text, file))
        {
            number = line.Number;
            if (line.Text.Length == 0 || line.Text[0] == '#')
            {
                continue;
            }

            if (found is not null)
            {
                throw Failure.Refused("the index names more than one stage3", at: new FileLocation(file, number));
            }

            found = Entry(line.Text, new FileLocation(file, number));
        }

        return found ?? throw Failure.Refused("the index names no stage3", "is it the address of a latest-stage3-….txt?", new FileLocation(file, number));
    }

    private static Stage3Index Entry(string line, FileLocation at)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 2 || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size == 0)
        {
            throw Failure.Refused("a line of the index is not 'path size'", at: at);
        }

        var parts = fields[0].Split('/');
        var name = Stage3Name.Parse(parts[^1], at);
        return parts.Length == 1 || (parts.Length == 2 && parts[0] == name.Stamp)
            ? new Stage3Index(fields[0], name, size)
            : throw Failure.Refused($"the index' path is not {name.Stamp}/{name.File}", at: at);
    }
}
