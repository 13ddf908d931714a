using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>status</c> says on standard output.</summary>
public static class StatusText
{
    public static string Of(StatusAnswer answer)
    {
        var text = new StringBuilder(answer.Package).Append("\n\n");
        text.Append(TextTable.Of(
            ["release", "distfile", "series", "ebuild", "Manifest", "last build", "last smoke"],
            answer.Releases.Select(release => (IReadOnlyList<string>)
                [release.Release, release.Distfile, Series(release), release.Ebuild, release.Manifest, release.Build, release.Smoke])));
        foreach (var release in answer.Releases)
        {
            foreach (var patch in release.Patches.Where(patch => patch.State is not ("clean" or "offset")))
            {
                text.Append('\n').Append(release.Release).Append(": ").Append(patch.Name).Append(": ").Append(patch.State);
            }
        }

        text.AppendJoin("", answer.Findings.Select(finding => "\n" + finding));
        return text.Append("\n\nnext: ").Append(answer.Next).Append('\n').ToString();
    }

    private static string Series(StatusRelease release) => release.Patches.IsEmpty
        ? release.Distfile is "official" or "distribution" or "signed" or "first-use" ? "no patches" : "no source"
        : string.Join(", ", release.Patches.GroupBy(patch => patch.State).Select(group => $"{group.Count()} {group.Key}"));
}
