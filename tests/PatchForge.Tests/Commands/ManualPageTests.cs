using System.Text.RegularExpressions;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Commands;

/// <summary>docs/patchforge.1, which app-portage/patchforge installs, knows the commands that there are.</summary>
public sealed class ManualPageTests
{
    [Fact]
    public void Every_command_is_named_and_no_other()
    {
        var reference = File.ReadAllText(Path.Combine(TestData.Checkout, "docs/cli.md"));
        var commands = Regex.Matches(reference, "^## patchforge ([a-z]+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value);
        var page = File.ReadAllText(Path.Combine(TestData.Checkout, "docs/patchforge.1"));
        var section = page[page.IndexOf(".SH COMMANDS", StringComparison.Ordinal)..page.IndexOf(".SH OPTIONS", StringComparison.Ordinal)];
        var named = Regex.Matches(section, @"^\.TP\n\.BR? (.*)$", RegexOptions.Multiline)
            .SelectMany(match => match.Groups[1].Value.Replace("\", \"", " ", StringComparison.Ordinal).Replace("\", \"", " ", StringComparison.Ordinal).Split([' ', ',', '"'], StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(commands.Distinct().Order(), named.Distinct().Order());
    }
}
