using System.Text;

namespace PatchForge.Trees;

/// <summary>Whether a symbolic link stays inside its tree, judged by its text alone.</summary>
public static class LinkTarget
{
    /// <summary>Null when the link's target is inside the tree, else what the link is, ready to follow its name.</summary>
    /// <remarks>
    /// A target may climb with <c>..</c> only from where the link is and never come back down through another
    /// link, so <c>..</c> after a name is refused: what the name is cannot be known from the text.
    /// </remarks>
    public static string? Complaint(TreePath link, ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty || target.Contains((byte)0) || target.Length > 4095)
        {
            return "a link with no usable target";
        }

        if (!System.Text.Unicode.Utf8.IsValid(target))
        {
            return "a link whose target is not UTF-8";
        }

        if (target[0] == '/')
        {
            return "a link to an absolute name";
        }

        var depth = link.Text.Count(c => c == '/');
        var named = false;
        foreach (var segment in Encoding.Latin1.GetString(target).Split('/'))
        {
            switch (segment)
            {
                case "" or ".":
                    break;
                case "..":
                    if (named || --depth < 0)
                    {
                        return "a link that leads out of the source tree";
                    }

                    break;
                case ".git":
                    return "a link into .git";
                default:
                    named = true;
                    break;
            }
        }

        return null;
    }
}
