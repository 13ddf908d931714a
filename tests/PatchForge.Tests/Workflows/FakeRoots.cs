using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Tests.Workflows;

/// <summary>This machine's root in a folder, in which fetching a source package leaves what the test says, or fails.</summary>
internal sealed class FakeRoots(string folder) : IRoots
{
    /// <summary>Fills the folder that the client fetches into; null where no such package is in reach.</summary>
    public Action<string>? Client { get; set; }

    /// <summary>What any run answers, where it is not to fetch a source package.</summary>
    public Func<RootRun, ProcessAnswer>? Answers { get; set; }

    public RootAbility Can { get; set; } = new RootAbility.AsRoot();

    public int Runs { get; private set; }

    public string StateFolder => Path.Combine(folder, "state");

    public FakeRoots WithApt()
    {
        Directory.CreateDirectory(Path.Combine(folder, "root/usr/bin"));
        File.WriteAllText(Path.Combine(folder, "root/usr/bin/apt-get"), "");
        return this;
    }

    public Task<RootAbility> Ability(CancellationToken cancel) => Task.FromResult(Can);

    public RootTree Host() => new("host", [new RootPart(Path.Combine(folder, "root"), "/")], [], []);

    public Task<ProcessAnswer> Run(RootRun run, CancellationToken cancel)
    {
        Runs++;
        if (Answers is { } answers)
        {
            return Task.FromResult(answers(run));
        }

        Assert.Equal(RootRights.Packages, run.Rights);
        if (Client is not { } client)
        {
            return Task.FromResult(new ProcessAnswer(1, "", "E: there are: none\n"));
        }

        client(run.Binds.Single(bind => bind.Inside == SourcePackagePlan.Place).Outside);
        return Task.FromResult(new ProcessAnswer(0, "", ""));
    }

    public Task Remove(string what, CancellationToken cancel)
    {
        if (Directory.Exists(what))
        {
            Directory.Delete(what, recursive: true);
        }

        return Task.CompletedTask;
    }

    public Task<IDisposable> Lock(string file, CancellationToken cancel) => Task.FromResult<IDisposable>(new MemoryStream());

    public RootTree Folder(string path) => throw new NotSupportedException();

    public Task<ProcessAnswer> RunSelf(int init, ImmutableArray<string> arguments, ReadOnlyMemory<byte> input, Action<string>? onLine, CancellationToken cancel) => throw new NotSupportedException();

    public Task Unpack(string archive, string to, CancellationToken cancel) => throw new NotSupportedException();
}
