using System.Collections.Immutable;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Landing;
using PatchForge.Seams;
using PatchForge.Series;
using PatchForge.Settings;
using PatchForge.Trees;
using FileChange = PatchForge.Landing.FileChange;

namespace PatchForge.Workflows;

/// <param name="After">Where the patches go; null for the series' end.</param>
/// <param name="Replace">Whether a patch of the same name with another text is written over.</param>
public sealed record ImportRequest(ForgeSettings Settings, LineSettings Line, ImmutableArray<string> Sources, PatchName? After, bool Replace, bool DryRun);

/// <param name="From">What it was called where it came from.</param>
/// <param name="What">new, replaced or there.</param>
/// <param name="Converted">What had to be written anew so that it can stand in this series; null when nothing.</param>
public sealed record ImportedPatch(string Name, string From, string What, string? Converted);

/// <summary>What <c>import</c> answers.</summary>
/// <param name="Findings">What the headers leave to be wished for, as file:line: sentence.</param>
/// <param name="Changed">Paths that were written, relative to the settings file's folder.</param>
public sealed record ImportAnswer(
    string Line, bool DryRun, ImmutableArray<ImportedPatch> Patches, ImmutableArray<string> Findings, ImmutableArray<string> Notes, ImmutableArray<string> Changed);

/// <summary>
/// Takes patches from elsewhere into a line's series: all of them or none. Their bytes stay as they are, unless the
/// series could not hold them so. Importing the same again changes nothing.
/// </summary>
public sealed class ImportSeries(Outside outside)
{
    public async Task<ImportAnswer> Run(ImportRequest request, CancellationToken cancel)
    {
        var (settings, line) = (request.Settings, request.Line);
        using var work = request.DryRun ? WorkFolder.Look(settings.Home) : WorkFolder.Take(settings.Home, "import");
        var strip = new LandingStrip(settings.Home, work, outside.Folders);
        strip.Recover();
        ConflictSession.RefuseIfOpen(settings.Home, outside.Folders);
        var series = ReadSeries.Run(settings.Home, line, cancel);
        var sources = request.Sources.Select(source => ReadForeign.Run(source, cancel)).ToList();
        var import = new Import(settings, line, series, request);
        foreach (var source in sources)
        {
            import.Add(source);
        }

        var changes = import.Changes();
        ImmutableArray<string> changed = [.. changes.Where(strip.IsEffective).Select(change => change.Path.Text).Order(StringComparer.Ordinal)];
        if (!request.DryRun)
        {
            strip.Land([TreePath.Parse(line.Series)], changes);
        }

        return new ImportAnswer(line.Line, request.DryRun, import.Patches, import.Findings, [.. sources.SelectMany(source => source.Notes)], changed);
    }

    /// <summary>One import at work.</summary>
    private sealed class Import(ForgeSettings settings, LineSettings line, LoadedSeries series, ImportRequest request)
    {
        private readonly Dictionary<PatchName, LoadedPatch> _there = series.Patches.ToDictionary(patch => patch.Name);
        private readonly HashSet<PatchName> _used = [];
        private readonly List<string> _lines = [];
        private readonly List<FileChange> _writes = [];
        private readonly List<ImportedPatch> _patches = [];
        private readonly List<string> _findings = [];
        private PatchName? _before = request.After ?? series.Patches.LastOrDefault()?.Name;

        public ImmutableArray<ImportedPatch> Patches => [.. _patches];

        public ImmutableArray<string> Findings => [.. _findings];

        public ImmutableArray<FileChange> Changes()
        {
            // A comment that is here already has come with an earlier import of the same series.
            var here = Encoding.Latin1.GetString(series.File.ToBytes()).Split('\n').Where(text => text.StartsWith('#')).ToHashSet(StringComparer.Ordinal);
            var lines = PatchMessage.Trimmed(_lines.Where(text => !here.Contains(text)));
            var file = _patches.Exists(patch => patch.What == "new")
                ? series.File.WithLines(series.Patches.IsEmpty ? lines : lines.Where(text => text.Length > 0), request.After)
                : series.File;
            return [.. _writes, FileChange.Write(TreePath.Parse(line.SeriesFile), file.ToBytes())];
        }

        public void Add(ForeignSource source)
        {
            foreach (var item in source.Items)
            {
                if (item is { Patch: { } patch, Path: { } path })
                {
                    Add(item, patch, path);
                }
                else
                {
                    _lines.Add(item.Comment);
                }
            }
        }

        private void Add(ForeignItem item, Patch patch, string path)
        {
            var (fitted, bytes, converted) = Fitted(item, patch);
            var name = path.Length > 0 ? ForeignSeries.NameOf(path, _used) : OfMail(patch);
            _used.Add(name);
            var from = path.Length > 0 ? path : item.Patch?.Name ?? "";
            _findings.AddRange(HeaderRules.Check(patch with { Name = $"{line.Series}/{name}" }).Select(finding => finding.ToString()));
            var file = $"{line.Series}/{name}";
            if (_there.TryGetValue(name, out var there))
            {
                Again(name, there, patch, bytes, from, converted);
            }
            else if (File.Exists(settings.PathOf(file)) && !request.Replace && !File.ReadAllBytes(settings.PathOf(file)).AsSpan().SequenceEqual(bytes.Span))
            {
                throw Failure.Refused($"a file of that name lies in the folder with another text, and the series does not name it", "remove it, or write over it with --replace", new FileLocation(file));
            }
            else
            {
                var options = (fitted.Strip == 0 ? " -p0" : "") + (converted is null && item.Reverse ? " -R" : "") + (item.Comment.Length > 0 ? " " + item.Comment : "");
                _lines.Add(name + options);
                _writes.Add(FileChange.Write(TreePath.Parse(file), bytes));
                _patches.Add(new ImportedPatch(name.Text, from, "new", converted));
                _before = name;
            }
        }

        private void Again(PatchName name, LoadedPatch there, Patch patch, ReadOnlyMemory<byte> bytes, string from, string? converted)
        {
            var same = there.Bytes.Span.SequenceEqual(bytes.Span) || IsOurMail(there, patch);
            if (!same && (there.Plan.Generated || !request.Replace))
            {
                throw Failure.Refused(
                    there.Plan.Generated ? $"'{name}' is generated from our own sources and has another text" : $"'{name}' is in the series already, with another text",
                    there.Plan.Generated ? "give the other one another name" : "give one of them another name, or write over it with --replace; patchforge diff shows what differs",
                    new FileLocation(there.File));
            }

            if (!same)
            {
                _writes.Add(FileChange.Write(TreePath.Parse(there.File), bytes));
            }

            _patches.Add(new ImportedPatch(name.Text, from, same ? "there" : "replaced", converted));
        }

        /// <summary>A mail that export made of this very patch: its header is a mail's now, and says the same.</summary>
        private static bool IsOurMail(LoadedPatch there, Patch mail) =>
            MailWriter.NameIn(mail) is not null
            && (mail with { Header = [], Trailer = [] }).ToBytes().AsSpan().SequenceEqual((there.Patch with { Header = [], Trailer = [] }).ToBytes())
            && PatchMessage.Of(mail, there.Name).SaysTheSame(PatchMessage.Of(there.Patch, there.Name));

        private PatchName OfMail(Patch patch)
        {
            var said = PatchHeader.Of(patch).Subject ?? "patch";
            // The same mail again gets the same name, so what is there already does not count as taken.
            var name = PatchNaming.ForSubject(said, _before, null, _used);
            var known = _there.Values.FirstOrDefault(there => !_used.Contains(there.Name) && there.Bytes.Span.SequenceEqual(patch.ToBytes()));
            return known?.Name
                ?? (Mailbox.Place(patch) is { } place && !char.IsAsciiDigit(name.Text[0])
                    ? PatchName.Parse(place.ToString("D4", System.Globalization.CultureInfo.InvariantCulture) + "-" + name)
                    : name);
        }

        /// <summary>A line with ebuilds takes patches for -p1 applied forwards, for eapply knows nothing else; and none has -p2 and above.</summary>
        private (Patch Patch, ReadOnlyMemory<byte> Bytes, string? Converted) Fitted(ForeignItem item, Patch patch)
        {
            var why = patch.Strip > 1 || (line.Ebuild is not null && patch.Strip != 1) ? $"its names for -p1, were for -p{patch.Strip}" : null;
            if (item.Reverse && (line.Ebuild is not null || why is not null))
            {
                why = "turned round, was applied with -R" + (why is null ? "" : "; " + why);
                patch = PatchForm.Plain(patch, reverse: true);
            }
            else if (why is not null)
            {
                patch = PatchForm.Plain(patch);
            }

            return (patch, why is null ? item.Bytes : patch.ToBytes(), why);
        }
    }
}
