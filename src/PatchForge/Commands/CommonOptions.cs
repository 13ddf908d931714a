using System.CommandLine;
using PatchForge.Seams;

namespace PatchForge.Commands;

/// <summary>How much of the story standard error gets.</summary>
public enum StoryVolume
{
    Normal,
    Verbose,

    /// <summary>Warnings only.</summary>
    Quiet,
}

/// <summary>What every command is given: the doors outside (opened when the volume is known) and where answers go.</summary>
public sealed record Doors(Func<StoryVolume, Outside> Open, TextWriter Answers, string Version)
{
    /// <summary>The terminal that answers go to; null where they go elsewhere.</summary>
    public Reporting.Screen? Screen { get; init; }
}

/// <summary>Options that mean the same wherever they stand.</summary>
internal static class CommonOptions
{
    public static readonly Option<string> Format = new Option<string>("--format")
    {
        Description = "How the answer is written on standard output",
        Recursive = true,
        DefaultValueFactory = _ => "text",
    }.AcceptOnlyFromAmong("text", "json");

    public static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "Show each external command, ready to paste",
        Recursive = true,
    };

    public static readonly Option<bool> Quiet = new("--quiet", "-q")
    {
        Description = "Tell warnings only, no progress",
        Recursive = true,
    };

    public static readonly Option<string?> Settings = new("--settings")
    {
        Description = "The settings file; otherwise patchforge.yaml here or in a folder above",
        HelpName = "FILE",
        Recursive = true,
    };

    public static Option<string?> Distdir() => new("--distdir")
    {
        Description = "A folder that holds distfiles; otherwise $DISTDIR, Portage's own, then the tool's cache",
        HelpName = "DIR",
    };

    public static Option<string?> Git() => new("--git")
    {
        Description = "Take the source from local clones below DIR (httpd, apr, apr-util), by tag; unofficial",
        HelpName = "DIR",
    };

    public static Option<bool> Unofficial() => new("--unofficial")
    {
        Description = "Work with a source that is not the official distfile; nothing of it reaches the overlay",
    };

    public static Option<bool> TrustFirstUse() => new("--trust-first-use")
    {
        Description = "Accept and record a distfile of which nothing was ever published and no signature is at hand",
    };

    public static Option<string?> Root() => new("--root")
    {
        Description = "Where to build: host (a throw-away view of this machine), dir:PATH, or stage3:FILE-OR-URL",
        HelpName = "ROOT",
    };

    public static Option<string?> Gentoo() => new("--gentoo")
    {
        Description = "A checkout of ::gentoo, for eclasses; otherwise $PATCHFORGE_GENTOO, then Portage's own",
        HelpName = "DIR",
    };

    public static Argument<string[]> Releases() => new("RELEASE")
    {
        Description = "Releases by version, such as 2.0.65; when none is named, all that have an ebuild, and of a line without ebuilds the newest",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Argument<string> Release() => new("RELEASE") { Description = "A release by version, such as 2.0.65" };

    public static bool IsJson(ParseResult parsed) =>
        parsed.Errors.Count == 0 && parsed.GetValue(Format) == "json";

    /// <summary>Whether JSON was asked for on a command line that may have been wrong otherwise.</summary>
    public static bool IsJson(string[] arguments) =>
        arguments.TakeWhile(word => word != "--")
            .Zip(arguments.Skip(1).Append(""), (word, next) => word is "--format=json" or "--format:json" || (word == "--format" && next == "json"))
            .Any(asked => asked);

    public static StoryVolume Volume(ParseResult parsed) =>
        parsed.GetValue(Verbose) ? StoryVolume.Verbose : parsed.GetValue(Quiet) ? StoryVolume.Quiet : StoryVolume.Normal;
}
