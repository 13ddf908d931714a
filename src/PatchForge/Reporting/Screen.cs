namespace PatchForge.Reporting;

/// <summary>A terminal.</summary>
/// <param name="Width">In columns.</param>
public sealed record Screen(int Width, bool HasColours)
{
    // Select Graphic Rendition, ECMA-48 section 8.3.117.
    public const string Plain = "\x1b[0m";
    public const string Faint = "\x1b[2m";
    public const string Reverse = "\x1b[7m";
    public const string Red = "\x1b[31m";
    public const string Green = "\x1b[32m";
    public const string Yellow = "\x1b[33m";
    public const string Cyan = "\x1b[36m";
}
