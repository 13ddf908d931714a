namespace PatchForge.Manifests;

/// <summary>One line of a Manifest, kept as it was read so that an untouched file is written back byte for byte.</summary>
/// <param name="Text">The line without its line feed.</param>
public abstract record ManifestLine(string Text)
{
    /// <summary>A file's entry.</summary>
    public sealed record File(string Text, ManifestEntry Entry) : ManifestLine(Text);

    /// <summary>TIMESTAMP and IGNORE of GLEP 74, which say nothing about one file's content.</summary>
    public sealed record Directive(string Text) : ManifestLine(Text);

    /// <summary>A line of the OpenPGP clear-sign frame around the entries (RFC 9580 section 7).</summary>
    public sealed record Armour(string Text) : ManifestLine(Text);
}
