using PatchForge.Host;
using PatchForge.Host.Roots;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.Roots;

/// <summary>Downloads are none of these tests' business.</summary>
internal sealed class NoDownloads : IDownloads
{
    public Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel) =>
        throw new InvalidOperationException($"a test wanted {address}");
}

/// <summary>Real roots in a state folder of the test's own.</summary>
internal sealed class RealRoots : IDisposable
{
    public RealRoots(string? state = null)
    {
        Folder = state ?? Directory.CreateTempSubdirectory("patchforge-roots-").FullName;
        _temporary = state is null;
        Outside = new Outside(new Processes(Story), new NoDownloads(), new MachineClock(), Story);
        Roots = new NamespaceRoots(Outside.Processes, Folder);
    }

    private readonly bool _temporary;

    public string Folder { get; }

    public SilentStory Story { get; } = new();

    public Outside Outside { get; }

    public NamespaceRoots Roots { get; }

    /// <summary>Skips the test with the reason where this machine makes no roots, or not as root.</summary>
    public static async Task<RealRoots> Need(CancellationToken cancel)
    {
        var roots = new RealRoots();
        var ability = await roots.Roots.Ability(cancel);
        Assert.SkipUnless(ability is RootAbility.AsRoot, ability is RootAbility.None none ? none.Why : "these tests run as root");
        return roots;
    }

    public Task<ProcessAnswer> Shell(string script, CancellationToken cancel, RootRights rights = RootRights.Build, params RootBind[] binds) =>
        Roots.Run(new RootRun(Roots.Host(), rights, ["sh", "-c", script]) { Binds = [.. binds], TimeLimit = TimeSpan.FromMinutes(1) }, cancel);

    public void Dispose()
    {
        if (_temporary)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
