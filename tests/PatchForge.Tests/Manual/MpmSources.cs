using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Manual;

/// <summary>What the MPM of one line takes and refuses, as its tables in C have it.</summary>
internal sealed partial class MpmSources(string line)
{
    /// <summary>Macros of httpd's headers that stand in our tables, and the directives of each: ap_listen.h, unixd.h, mpm_common.h.</summary>
    private static readonly ImmutableDictionary<string, string[]> Macros = new Dictionary<string, string[]>
    {
        ["2.0 LISTEN_COMMANDS"] = ["Listen", "ListenBacklog", "ReceiveBufferSize", "SendBufferSize"],
        ["2.0 UNIX_DAEMON_COMMANDS"] = ["Group", "User"],
        ["2.4 LISTEN_COMMANDS"] =
            ["Listen", "ListenBacklog", "ListenCoresBucketsRatio", "ListenTCPDeferAccept", "ReceiveBufferSize", "SendBufferSize"],
        ["2.4 AP_GRACEFUL_SHUTDOWN_TIMEOUT_COMMAND"] = ["GracefulShutdownTimeout"],
    }.ToImmutableDictionary();

    /// <summary>The names in the table of directives, and in the line's part of it.</summary>
    public ImmutableSortedSet<string> Directives => [.. Directive().Matches(Tables).Select(match => match.Groups["name"].Value)];

    /// <summary>What httpd's macros add to it.</summary>
    public ImmutableSortedSet<string> Inherited =>
    [
        .. Macro().Matches(Tables).Where(match => match.Value != "ITK_LINE_DIRECTIVES").SelectMany(match => Macros[$"{line} {match.Value}"]),
    ];

    /// <summary>Modules that do not simply work: a name and a verdict, as <c>mod_cgid refused</c>.</summary>
    public ImmutableSortedSet<string> Verdicts =>
    [
        .. Module().Matches(Modules).Select(match => $"{match.Groups["name"].Value} {match.Groups["verdict"].Value.ToLowerInvariant()}")
            .Where(verdict => !verdict.EndsWith(" works", StringComparison.Ordinal)),
    ];

    /// <summary>Directives of which some use, or any, stops the server from starting.</summary>
    public ImmutableSortedSet<string> RefusedUses =>
    [
        .. Use().Matches(Modules).Select(match => match.Groups["name"].Value),
        .. Compared().Matches(Modules).Select(match => match.Groups["name"].Value),
    ];

    private string Tables =>
        Table().Match(Read("httpd", "itk_directives.c")).Value + LinesPart().Match(Read(line, "server", "mpm", "itk", "itk_line.h")).Value;

    private string Modules => Read(line, "server", "mpm", "itk", "itk_modules.c");

    /// <summary>A number of mpm_default.h.</summary>
    public static int Default(string name) => int.Parse(
        Regex.Match(Read("httpd", "mpm_default.h"), $@"^#define {name} (?<value>\d+)$", RegexOptions.Multiline).Groups["value"].Value,
        CultureInfo.InvariantCulture);

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([Golden.Home, "src", "mpm-itk", .. path]));

    [GeneratedRegex(@"const command_rec itk_directives\[\] = \{.*?\{ NULL \}", RegexOptions.Singleline)]
    private static partial Regex Table();

    [GeneratedRegex(@"#define ITK_LINE_DIRECTIVES (?:[^\n]*\\\n)*[^\n]*")]
    private static partial Regex LinesPart();

    [GeneratedRegex(@"\b(?:AP_INIT_\w+|NUMBER)\(""(?<name>\w+)""")]
    private static partial Regex Directive();

    [GeneratedRegex(@"\b[A-Z_]+_(?:COMMANDS?|DIRECTIVES)\b")]
    private static partial Regex Macro();

    [GeneratedRegex("""^    \{ "(?<name>\w+)\.c", (?<verdict>[A-Z]+),""", RegexOptions.Multiline)]
    private static partial Regex Module();

    [GeneratedRegex("""^    \{ "(?<name>[A-Z]\w+)", -?\d+, """, RegexOptions.Multiline)]
    private static partial Regex Use();

    [GeneratedRegex("""strcasecmp\(node->directive, "(?<name>\w+)"\)""")]
    private static partial Regex Compared();
}
