#pragma warning disable RS0030 // The console is what this tests.
using PatchForge.Host;

namespace PatchForge.Tests.Host;

public sealed class TerminalStoryTests
{
    [Fact]
    public void A_warning_is_told_once_however_often_it_is_given()
    {
        using var error = new StringWriter();
        var before = Console.Error;
        Console.SetError(error);
        try
        {
            var story = new TerminalStory(new MachineClock(), verbose: false, quiet: true);
            story.Warn("fourteen sources, one sentence");
            story.Warn("fourteen sources, one sentence");
            story.Warn("another sentence");
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Equal("warning: fourteen sources, one sentence\nwarning: another sentence\n", error.ToString());
    }
}
