using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>The tool in the hands of a user who owns the checkout, and to whom the machine gives no subordinate ids.</summary>
public sealed class OrdinaryUserRefreshTests : IDisposable
{
    private const string Id = "54322";
    private readonly TinyForge _forge = new();
    private readonly Processes _processes = new(new SilentStory());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task Refresh_does_all_but_the_build_and_says_what_the_build_needs()
    {
        await Need();

        var answer = await Run("refresh", "1.0");

        Assert.True(answer.ExitCode == 5, answer.Output + answer.Error);
        Assert.Matches("building as an ordinary user needs (newuidmap|65536 subordinate ids, and this machine knows no user of the id 54322)", answer.Output);
        Assert.Contains("as root", answer.Output, StringComparison.Ordinal);
        Assert.Contains("+    return 42;", _forge.Read("patches/tiny/1/0100-extra.patch"), StringComparison.Ordinal);
        Assert.Contains("tiny-1/0001-greet.patch", _forge.Read("overlay/app-misc/tiny/tiny-1.0.ebuild"), StringComparison.Ordinal);
        Assert.Contains("DIST tiny-1.0.tar.gz", _forge.Read("overlay/app-misc/tiny/Manifest"), StringComparison.Ordinal);
        Assert.Contains("DESCRIPTION=A small package\n", _forge.Read("metadata/md5-cache/app-misc/tiny-1.0"), StringComparison.Ordinal);
        Assert.Contains("ordinary user", _forge.Read(".patchforge/refresh.html"), StringComparison.Ordinal);
        var owner = await _processes.Run(new ProcessRequest("stat", "-c", "%u", Path.Combine(_forge.Home, "overlay/app-misc/tiny/Manifest")), Cancel);
        Assert.Equal(Id + "\n", owner.Output);

        // What landed is final: again, and without building, nothing is left to do.
        Assert.Contains("nothing changed", (await Run("refresh", "1.0")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("refresh", "1.0", "--no-build")).ExitCode);
    }

    [Theory]
    [InlineData("build", "1.0")]
    [InlineData("smoke", "1.0")]
    [InlineData("chroot", "enter", "--", "true")]
    [InlineData("chroot", "create", "stage3:http://127.0.0.1:9/latest-stage3-amd64-openrc.txt")]
    public async Task What_needs_a_root_says_what_is_missing_and_writes_nothing(params string[] arguments)
    {
        await Need();
        var before = _forge.State("overlay");

        var answer = await Run(arguments);

        Assert.True(answer.ExitCode == 5, answer.Output + answer.Error);
        Assert.Matches("(?m)^patchforge: building as an ordinary user needs (newuidmap|65536 subordinate ids, and this machine knows no user of the id 54322)", answer.Error);
        Assert.Matches("(?m)^  .*as root", answer.Error);
        Assert.Equal(before, _forge.State("overlay"));
    }

    private async Task Need()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can take on another user's id");
        Assert.SkipWhen(_processes.Find("setpriv") is null, "setpriv is not on this machine");
        var mine = await _processes.Run(
            new ProcessRequest("chown", "--recursive", $"{Id}:{Id}", _forge.Home, Path.GetFullPath(_forge.Distdir), Path.GetFullPath(_forge.Cache)), Cancel);
        Assert.True(mine.Succeeded, mine.Error);
        var start = await Run("--version");
        Assert.SkipUnless(start.Succeeded, $"another user cannot start {Tool.Path}: {start.Error.Split('\n')[0]}");
    }

    private Task<ProcessAnswer> Run(params string[] arguments)
    {
        var request = Tool.Request(_forge, arguments);
        return _processes.Run(
            request with
            {
                Program = "setpriv",
                Arguments = ["--reuid", Id, "--regid", Id, "--clear-groups", "--inh-caps", "-all", "--", request.Program, .. request.Arguments],
            },
            Cancel);
    }
}
