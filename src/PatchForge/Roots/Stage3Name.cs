using System.Runtime.InteropServices;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>A stage3's file name, <c>stage3-ARCH-VARIANT-YYYYMMDDThhmmssZ.tar.xz</c>, as Gentoo's release engineering names them.</summary>
/// <param name="Architecture">Gentoo's word: <c>amd64</c>, <c>arm64</c>, <c>i686</c>.</param>
/// <param name="Variant">What follows it: <c>openrc</c>, <c>systemd-mergedusr</c>; empty when nothing does.</param>
public sealed record Stage3Name(string File, string Architecture, string Variant, string Stamp)
{
    private static readonly string[] s_suffixes = [".tar.xz", ".tar.bz2", ".tar.gz", ".tar"];

    /// <exception cref="Failure">Refused, when the name is no stage3's.</exception>
    public static Stage3Name Parse(string file, FileLocation? at = null)
    {
        var stem = s_suffixes
            .Where(suffix => file.EndsWith(suffix, StringComparison.Ordinal))
            .Select(suffix => file[..^suffix.Length])
            .FirstOrDefault();
        var words = stem?.Split('-') ?? [];
        var fits = words.Length >= 3 && words[0] == "stage3" && IsStamp(words[^1])
            && words.All(word => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '+' or '.') && word[0] != '.');
        return fits
            ? new Stage3Name(file, words[1], string.Join('-', words[2..^1]), words[^1])
            : throw Failure.Refused(
                $"'{(file.Length > 200 ? file[..200] + "…" : file)}' is no stage3's name",
                "it is stage3-ARCH-VARIANT-YYYYMMDDThhmmssZ.tar.xz, as the mirrors have it",
                at);
    }

    /// <summary>Whether programs of it run on this processor; a 32-bit stage3 is another architecture, though a kernel may run it.</summary>
    /// <exception cref="Failure">Refused, naming both.</exception>
    public void MustRunHere(Architecture here)
    {
        if (OfMachine(here) != Architecture)
        {
            throw Failure.Refused(
                $"{File} is for {Architecture}, and this machine is {OfMachine(here)}",
                $"take a stage3 of {OfMachine(here)}; one of another architecture is never unpacked");
        }
    }

    public static string OfMachine(Architecture here) => here switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        _ => here.ToString().ToLowerInvariant(),
    };

    private static bool IsStamp(string word) =>
        word.Length == 16 && word[8] == 'T' && word[15] == 'Z' && word.Where((_, i) => i is not (8 or 15)).All(char.IsAsciiDigit);
}
