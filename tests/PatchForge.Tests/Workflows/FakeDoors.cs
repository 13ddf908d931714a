using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Archives;
using PatchForge.Tests.Shared;

namespace PatchForge.Tests.Workflows;

/// <summary>A network of files by address. What is not in it is not there; a fault comes once, before the file.</summary>
internal sealed class FakeDownloads : IDownloads
{
    public Dictionary<string, byte[]> Files { get; } = [];

    public Queue<DownloadOutcome> Faults { get; } = new();

    public List<string> Asked { get; } = [];

    /// <summary>Whether the network is out of reach altogether.</summary>
    public bool IsDown { get; set; }

    public async Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel)
    {
        Asked.Add(address.AbsoluteUri);
        if (IsDown)
        {
            return new DownloadOutcome.Broken("the name cannot be resolved");
        }

        if (Faults.TryDequeue(out var fault))
        {
            return fault;
        }

        if (!Files.TryGetValue(address.AbsoluteUri, out var bytes))
        {
            return new DownloadOutcome.NotThere(404);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(partialFile)!); // a part has a folder
        var have = File.Exists(partialFile) ? new FileInfo(partialFile).Length : 0;
        if (bytes.Length > limit)
        {
            return new DownloadOutcome.Broken("too long");
        }

        await using var file = new FileStream(partialFile, FileMode.Append);
        await file.WriteAsync(bytes.AsMemory((int)Math.Min(have, bytes.Length)), cancel);
        return new DownloadOutcome.Whole(file.Length, have > 0);
    }
}

internal sealed class FakeProcesses : IProcesses
{
    /// <summary>What portageq answers; null where there is no portageq.</summary>
    public string? PortageDistdir { get; set; }

    public int Runs { get; private set; }

    public Task<ProcessAnswer> Run(ProcessRequest request, CancellationToken cancel)
    {
        Runs++;
        Assert.Equal(["envvar", "DISTDIR"], request.Arguments);
        return Task.FromResult(new ProcessAnswer(0, PortageDistdir + "\n", ""));
    }

    public string? Find(string program) => PortageDistdir is null ? null : "/usr/bin/" + program;
}

internal sealed class FixedClock : IClock
{
    public DateTimeOffset UtcNow => new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public TimeSpan Elapsed => TimeSpan.Zero;
}

/// <summary>A project of one release in a folder of its own, with doors that lead nowhere outside it.</summary>
internal sealed class OneRelease : IDisposable
{
    public const string Distfile = "thing-1.0.tar.gz";
    public const string Mirror = "https://mirror.example.org/dist/";

    public TemporaryFolder Folder { get; } = new();

    public FakeDownloads Downloads { get; } = new();

    public FakeProcesses Processes { get; } = new();

    public SilentStory Story { get; } = new();

    public Dictionary<string, string> Variables { get; } = [];

    public byte[] Good { get; } = RawTar.Gzip(new RawTar().Folder("thing-1.0/").File("thing-1.0/README", "good\n").File("thing-1.0/srclib/x", "x").Whole());

    public byte[] Other { get; } = RawTar.Gzip(new RawTar().Folder("thing-1.0/").File("thing-1.0/README", "other\n").Whole());

    public OneRelease()
    {
        Variables["HOME"] = Folder["home"];
        Directory.CreateDirectory(Folder["project"]);
    }

    public Outside Outside => new(Processes, Downloads, new FixedClock(), Story);

    public string Cache(string name) => Folder["home/.cache/patchforge/" + name];

    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    /// <param name="more">Further keys of the release, each with a comma before it.</param>
    public ForgeSettings Settings(bool withDigest = true, string more = "")
    {
        var digest = withDigest
            ? $", size: {Good.Length}, digests: {{SHA256: {{hex: {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Good))}, source: ports}}}}"
            : "";
        var text = $$"""
            package: app-misc/thing
            name: thing
            overlay: {packages: overlay, metadata: metadata, profiles: profiles, delivery: files}
            lines:
              - line: "1"
                series: patches/1
                date-source: made up
                upstream:
                  mirrors: [{{Mirror}}, https://second.example.org/]
                  keys: https://mirror.example.org/KEYS
                  git: {repository: thing, tag: "v{version}", components: [{repository: part, path: srclib/part} ] }
                releases:
                  - {version: "1.0", date: 2001-01-01, distfile: {{Distfile}}, components: {part: "0.9"} {{digest}}{{more}} }
                ebuild: {eapi: "8", description: d, homepage: https://example.org, license: l, slot: "0", keywords: [~amd64], template: t}
                build: {packages: {apt: [gcc]}, configure: [--enable-so], variants: {all: [] } }
            root: {default: host}
            smoke: {port: 8080, start-limit: 20, sites: [{host: a.test, uid: 1000, gid: 1000} ] }
            """;
        return SettingsFile.Parse(Folder["project/patchforge.yaml"], System.Text.Encoding.UTF8.GetBytes(text));
    }

    public void Dispose() => Folder.Dispose();
}
