using System.Collections.Immutable;
using System.Text.Json;
using PatchForge.Seams;

namespace PatchForge.Overlays;

/// <summary>
/// What <c>pkgcheck scan -R JsonReporter</c> wrote: one JSON object a line and finding, nested by category, package and
/// version as far as it is about one, then <c>_error</c>, <c>_warning</c>, <c>_style</c> or <c>_info</c> with the
/// keyword and a sentence (pkgcheck's reporters.py).
/// </summary>
public static class PkgcheckReport
{
    /// <summary>Before a keyword of pkgcheck's in a finding's rule.</summary>
    public const string Prefix = "pkgcheck-";

    /// <summary>Style and info become notes; nothing else of the level is lost.</summary>
    /// <exception cref="Failure">Refused, with the line, when it is not such a report.</exception>
    public static ImmutableArray<Finding> Read(string output)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        foreach (var (number, line) in output.Split('\n').Index())
        {
            if (line.Trim().Length == 0)
            {
                continue;
            }

            try
            {
                using var record = JsonDocument.Parse(line);
                Below(record.RootElement, [], findings);
            }
            catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
            {
                throw Failure.Refused($"pkgcheck's report is not one: {wrong.Message}", at: new FileLocation("pkgcheck", number + 1));
            }
        }

        return findings.ToImmutable();
    }

    /// <summary>
    /// MissingManifest about distfiles that <c>manifest-missing</c> notes as well is a note: a line that nobody can know
    /// without the official file is no error of this tree.
    /// </summary>
    public static Finding Judge(Finding theirs, ImmutableArray<Finding> own)
    {
        if (theirs.Rule != Prefix + "MissingManifest" || theirs.Sentence.IndexOf('[', StringComparison.Ordinal) is not (>= 0 and var from))
        {
            return theirs;
        }

        var names = theirs.Sentence[(from + 1)..].TrimEnd(' ', ']').Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(names, name => own.Any(one => one is { Rule: "manifest-missing", Severity: Severity.Note } && one.Sentence.StartsWith(name + " ", StringComparison.Ordinal)))
            ? theirs with { Severity = Severity.Note }
            : theirs;
    }

    private static void Below(JsonElement element, ImmutableArray<string> path, ImmutableArray<Finding>.Builder findings)
    {
        foreach (var one in element.EnumerateObject())
        {
            if (Level(one.Name) is not { } severity)
            {
                Below(one.Value, path.Add(one.Name), findings);
                continue;
            }

            foreach (var result in one.Value.EnumerateObject())
            {
                findings.Add(new Finding(Prefix + result.Name, severity, Place(path), result.Value.GetString() ?? ""));
            }
        }
    }

    private static Severity? Level(string name) => name switch
    {
        "_error" => Severity.Error,
        "_warning" => Severity.Warning,
        "_style" or "_info" => Severity.Note,
        _ => null,
    };

    private static FileLocation Place(ImmutableArray<string> path) => new(path switch
    {
        [] => ".",
        [var category, var package, var version] => $"{category}/{package}/{package}-{version}.ebuild",
        _ => string.Join('/', path),
    });
}
