using System.Collections.Immutable;
using System.Text;
using PatchForge.Seams;

namespace PatchForge.Manifests;

/// <summary>
/// A Manifest as a lossless document: what is read is written back byte for byte until an update changes it.
/// An updated one is in Portage's canonical form, sorted by type, then by name, hashes by their names, so that
/// <c>ebuild … manifest</c> and <c>pkgdev manifest</c> find nothing to rewrite.
/// </summary>
public sealed class ManifestDocument
{
    private ManifestDocument(ImmutableArray<ManifestLine> lines) => Lines = lines;

    public static ManifestDocument Empty { get; } = new([]);

    public ImmutableArray<ManifestLine> Lines { get; }

    public IEnumerable<ManifestEntry> Entries => Lines.OfType<ManifestLine.File>().Select(line => line.Entry);

    public IEnumerable<ManifestEntry> Distfiles => Entries.Where(entry => entry.Kind == ManifestKind.Dist);

    public bool IsSigned => Lines.Any(line => line is ManifestLine.Armour);

    /// <summary>
    /// A thin Manifest without entries is no file at all: Portage deletes it (manifest.py, <c>write</c>).
    /// </summary>
    public bool IsEmpty => Lines.IsEmpty;

    /// <param name="file">The name that messages give.</param>
    /// <exception cref="Failure">Refused, with file and line.</exception>
    public static ManifestDocument Parse(ReadOnlySpan<byte> content, string file) => new(ManifestParser.Parse(content, file));

    public ManifestEntry? Find(ManifestKind kind, string name) =>
        Entries.FirstOrDefault(entry => entry.Kind == kind && entry.Name == name);

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Concat(Lines.Select(line => line.Text + "\n")));

    /// <summary>
    /// Brings the DIST lines to what the ebuilds want: lines of files that no ebuild wants go, known files get
    /// a line, and a wanted file that nothing is known of keeps the line it had.
    /// </summary>
    /// <param name="wanted">Every name in the ebuilds' SRC_URI.</param>
    /// <param name="known">Facts of official files; those that nobody wants are ignored.</param>
    /// <exception cref="Failure">Refused, when the Manifest is signed: the signature would be of another text.</exception>
    public ManifestUpdate Update(IEnumerable<string> wanted, IEnumerable<DistfileFacts> known)
    {
        var names = wanted.ToImmutableSortedSet(StringComparer.Ordinal);
        var fresh = known.Where(facts => names.Contains(facts.Name))
            .ToImmutableSortedDictionary(facts => facts.Name, facts => facts.ToEntry(), StringComparer.Ordinal);
        var old = Distfiles.ToImmutableSortedDictionary(entry => entry.Name, entry => entry, StringComparer.Ordinal);
        var kept = old.Values.Where(entry => names.Contains(entry.Name) && !fresh.ContainsKey(entry.Name));
        var after = Canonical([.. Entries.Where(entry => entry.Kind != ManifestKind.Dist), .. kept, .. fresh.Values]);

        // Two writers agree on a file when its bytes agree, so the canonical bytes decide, not the entries.
        var changed = !after.ToBytes().AsSpan().SequenceEqual(ToBytes());
        if (changed && IsSigned)
        {
            throw Failure.Refused("this Manifest is signed, and what is signed would change", "remove the signature and sign again afterwards");
        }

        return new ManifestUpdate(changed ? after : this, changed)
        {
            Removed = [.. old.Keys.Where(name => !names.Contains(name))],
            Missing = [.. names.Where(name => !fresh.ContainsKey(name) && !old.ContainsKey(name))],
            Left = [.. names.Where(name => !fresh.ContainsKey(name) && old.ContainsKey(name))],
        };
    }

    private ManifestDocument Canonical(ImmutableArray<ManifestEntry> entries) =>
        IsSigned && entries.OrderBy(Order, Comparer).SequenceEqual(Entries)
            ? this
            : new(
            [
                .. Lines.OfType<ManifestLine.Directive>(),
                .. entries.OrderBy(Order, Comparer).Select(entry => new ManifestLine.File(entry.ToString(), entry)),
            ]);

    private static string Order(ManifestEntry entry) => $"{entry.Kind.ToString().ToUpperInvariant()}\0{entry.Name}";

    /// <summary>Python sorts by code point, which is the order of UTF-8 bytes and not quite that of UTF-16.</summary>
    private static Comparer<string> Comparer { get; } = Comparer<string>.Create((a, b) =>
        Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
}

/// <summary>A Manifest after an update, and what became of its lines. Names are sorted.</summary>
public sealed record ManifestUpdate(ManifestDocument Document, bool Changed)
{
    /// <summary>No ebuild wants these any more.</summary>
    public ImmutableArray<string> Removed { get; init; } = [];

    /// <summary>Wanted, and there is neither a line nor a fact.</summary>
    public ImmutableArray<string> Missing { get; init; } = [];

    /// <summary>Wanted, nothing new is known, and the line that stood there still stands.</summary>
    public ImmutableArray<string> Left { get; init; } = [];
}
