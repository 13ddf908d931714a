using System.Collections.Immutable;
using System.Text.Json;
using PatchForge.Host;
using PatchForge.Host.Roots;
using PatchForge.HostTests.Roots;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>A copy of this checkout, whose packages are emerged in the root that PATCHFORGE_PORTAGE_ROOT names.</summary>
internal sealed class PortageCheckout : IDisposable
{
    private const string Repository = "/var/db/repos/mpm-itk";

    private readonly string _home = Directory.CreateTempSubdirectory("patchforge-portage-").FullName;
    private readonly string _root;
    private string? _scratch;

    private PortageCheckout(string root) => _root = root;

    private string Gentoo => Path.Combine(_root, "var/db/repos/gentoo");

    private static string State => UserCache.Folder(Environment.GetEnvironmentVariable);

    private static string Distdir =>
        Environment.GetEnvironmentVariable("PATCHFORGE_DISTDIR") is { Length: > 0 } folder ? folder : Path.Combine(State, "distfiles");

    /// <summary>Skips the test where there is no such root, or a distfile of these releases is missing.</summary>
    public static async Task<PortageCheckout> Make(params ImmutableArray<string> releases)
    {
        var root = Environment.GetEnvironmentVariable("PATCHFORGE_PORTAGE_ROOT");
        Assert.SkipUnless(Directory.Exists(root), "no root with Portage; name one by PATCHFORGE_PORTAGE_ROOT");
        foreach (var release in releases)
        {
            Httpd20.SkipWithout(release);
        }

        var made = new PortageCheckout(root);
        using (await RealRoots.Need(TestContext.Current.CancellationToken))
        {
            ProjectCopy.Make(made._home);
        }

        return made;
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    /// <summary>Refreshes in the root, from unofficial sources, without attacks and bench; what it said of the first release.</summary>
    public async Task<JsonElement> Refresh(params ImmutableArray<string> arguments)
    {
        arguments = ["refresh", .. arguments, "--unofficial", "--no-attack", "--no-bench", "--format", "json", "--root", "dir:" + _root, "--gentoo", Gentoo, "--distdir", Distdir];
        var answer = await new Processes(new SilentStory()).Run(
            new ProcessRequest(Tests.Shared.Tool.Path, arguments) { WorkingDirectory = _home }, TestContext.Current.CancellationToken);
        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        using var json = JsonDocument.Parse(answer.Output);
        _scratch = json.RootElement.GetProperty("scratch").GetString();
        return json.RootElement.GetProperty("releases")[0].Clone();
    }

    /// <summary>Runs a script in the root with a package installed, and the scratch copy of the overlay as its repository.</summary>
    /// <param name="release">What <see cref="Refresh"/> said of the release whose first build that is.</param>
    public Task<ProcessAnswer> Run(JsonElement release, string script, ImmutableArray<string> arguments, string features, string use, TimeSpan limit)
    {
        var log = release.GetProperty("builds")[0].GetProperty("log").GetString();
        var layer = Path.Combine(Path.GetDirectoryName(log) ?? "", "layer");
        var roots = new NamespaceRoots(new Processes(new SilentStory()), Path.Combine(State, "roots"));
        const string prelude = $"""
            mkdir -p /etc/portage/repos.conf
            printf '[mpm-itk]\nlocation = {Repository}\nauto-sync = no\n' > /etc/portage/repos.conf/mpm-itk.conf

            """;
        return roots.Run(
            new RootRun(roots.Folder(_root).With(layer), RootRights.Portage, ["bash", "-c", prelude + script, "portage", .. arguments])
            {
                Binds =
                [
                    new RootBind(Gentoo, "/var/db/repos/gentoo"),
                    new RootBind(_scratch ?? throw new InvalidOperationException("Refresh comes first."), Repository),
                    new RootBind(Distdir, PortagePlan.DistDir),
                ],
                Environment = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
                    .Add("FEATURES", features)
                    .Add("USE", use)
                    .Add("NOCOLOR", "true"),
                TimeLimit = limit,
            },
            TestContext.Current.CancellationToken);
    }
}
