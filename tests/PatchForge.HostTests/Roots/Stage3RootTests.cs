using System.Runtime.InteropServices;
using System.Text;
using PatchForge.Releases;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>A stand-in for a stage3: this machine's shell and a few programs with their libraries, packed as one.</summary>
public sealed class Stage3RootTests
{
    private const string Stamp = "20260105T170105Z";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string StageName => $"stage3-{Stage3Name.OfMachine(RuntimeInformation.OSArchitecture)}-test-{Stamp}.tar.xz";

    [Fact]
    public async Task A_stage3_becomes_a_root_with_owners_modes_and_xattrs_and_runs()
    {
        using var real = await Need();
        var stage = await Pack(real);

        var created = await new CreateRoot(real.Outside, real.Roots).Run(new RootSpec.Stage3File(stage), new Stage3Trust(null, TakeUnsigned: true), Cancel);

        var answer = await real.Outside.Processes.Run(new ProcessRequest("stat", "-c", "%a %u:%g", $"{created.Folder}/usr/bin/marked", $"{created.Folder}/home"), Cancel);
        Assert.Equal("4755 12345:54321\n1777 0:0\n", answer.Output);
        var attributes = await real.Outside.Processes.Run(new ProcessRequest("getfattr", "-d", "-m", "-", "--absolute-names", $"{created.Folder}/usr/bin/marked"), Cancel);
        Assert.Contains("user.patchforge=\"kept\"", attributes.Output, StringComparison.Ordinal);
        Assert.Contains("security.capability=", attributes.Output, StringComparison.Ordinal);
        Assert.Contains("BLAKE2B and SHA512 as published", created.Verdict, StringComparison.Ordinal);

        var tree = await new FindRoot(real.Outside, real.Roots).Run(new RootSpec.Stage3File(stage), new Stage3Trust(null, false), Cancel);
        var run = await real.Roots.Run(new RootRun(tree, RootRights.Build, ["/bin/sh", "-c", "echo canary > /canary && cat /canary && ls /home"]), Cancel);
        Assert.Equal("canary\n", run.Output);
        Assert.False(File.Exists(created.Folder + "/canary"));

        await new RemoveRoot(real.Roots).Run(created.Name, Cancel);
        Assert.False(Directory.Exists(created.Folder));
    }

    [Fact]
    public async Task An_index_leads_to_the_stage3_and_its_size_is_held()
    {
        using var real = await Need();
        var stage = await Pack(real);
        var size = new FileInfo(stage).Length;
        var served = new ServedFolder(Path.GetDirectoryName(stage) ?? "");
        var outside = real.Outside with { Downloads = served };
        var index = new RootSpec.Stage3Address(new Uri("https://mirror.test/autobuilds/latest-stage3-x-test.txt"));
        var trust = new Stage3Trust(null, TakeUnsigned: true);

        served.Texts["/autobuilds/latest-stage3-x-test.txt"] = $"# made for a test\n{Stamp}/{StageName} {size + 1}\n";
        var failure = await Assert.ThrowsAsync<Failure>(() => new CreateRoot(outside, real.Roots).Run(index, trust, Cancel));
        Assert.Contains($"{size} bytes", failure.Message, StringComparison.Ordinal);

        served.Texts["/autobuilds/latest-stage3-x-test.txt"] = $"# made for a test\n{Stamp}/{StageName} {size}\n";
        var created = await new CreateRoot(outside, real.Roots).Run(index, trust, Cancel);

        Assert.True(Directory.Exists(created.Folder));
        Assert.Contains($"/autobuilds/{Stamp}/{StageName}", served.Asked);
    }

    [Fact]
    public async Task A_changed_stage3_is_refused_and_nothing_is_unpacked()
    {
        using var real = await Need();
        var stage = await Pack(real);
        await using (var file = new FileStream(stage, FileMode.Open))
        {
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(0x55);
        }

        var failure = await Assert.ThrowsAsync<Failure>(() => Create(real, stage));

        Assert.Contains("is not what was published", failure.Message, StringComparison.Ordinal);
        Assert.Empty(MadeRoot.All(real.Folder));
    }

    [Fact]
    public async Task A_stage3_of_another_architecture_is_refused_by_name_and_by_its_shell()
    {
        using var real = await Need();
        var stage = await Pack(real, otherShell: true);

        var byShell = await Assert.ThrowsAsync<Failure>(() => Create(real, stage));
        var byName = await Assert.ThrowsAsync<Failure>(() => Create(real, Path.Combine(real.Folder, $"stage3-mips-test-{Stamp}.tar.xz")));

        Assert.Contains("is for s390", byShell.Message, StringComparison.Ordinal);
        Assert.Contains("is for mips", byName.Message, StringComparison.Ordinal);
        Assert.Empty(MadeRoot.All(real.Folder));
        Assert.Empty(Directory.GetDirectories(Path.Combine(real.Folder, "roots")));
    }

    [Fact]
    public async Task Without_digests_or_a_signature_that_can_be_checked_a_stage3_is_not_used()
    {
        using var real = await Need();
        var stage = await Pack(real);

        var unsigned = await Assert.ThrowsAsync<Failure>(() => new CreateRoot(real.Outside, real.Roots).Run(new RootSpec.Stage3File(stage), new Stage3Trust(null, false), Cancel));
        File.Delete(stage + ".DIGESTS");
        var bare = await Assert.ThrowsAsync<Failure>(() => Create(real, stage));

        Assert.Contains("--take-unsigned", unsigned.Hint, StringComparison.Ordinal);
        Assert.Contains(".DIGESTS is not there", bare.Message, StringComparison.Ordinal);
    }

    private static Task<CreatedRoot> Create(RealRoots real, string stage) =>
        new CreateRoot(real.Outside, real.Roots).Run(new RootSpec.Stage3File(stage), new Stage3Trust(null, TakeUnsigned: true), Cancel);

    internal static async Task<RealRoots> Need()
    {
        var real = await RealRoots.Need(Cancel);
        foreach (var program in new[] { "tar", "xz", "setfattr", "getfattr", "setcap", "ldd" })
        {
            Assert.SkipWhen(real.Outside.Processes.Find(program) is null, $"{program} is not on this machine");
        }

        return real;
    }

    /// <summary>Packs it, with digests that nobody signed.</summary>
    internal static async Task<string> Pack(RealRoots real, bool otherShell = false)
    {
        var script = """
            set -eu
            root=$1 stage=$2
            mkdir -p "$root/usr/bin" "$root/dev" "$root/etc" "$root/home"
            chmod 1777 "$root/home"
            for program in sh cat ls sleep setpriv umount rmdir; do
                path=$(command -v "$program")
                cp -L "$path" "$root/usr/bin/$program"
                ldd "$path" | grep -o '/[^ ]*' | while read -r library; do
                    mkdir -p "$root${library%/*}"
                    cp -L "$library" "$root$library"
                done
            done
            ln -s usr/bin "$root/bin"
            mknod "$root/dev/disk" b 8 0
            mkdir -p "$root/usr/share/dev"
            echo kept > "$root/usr/share/dev/kept"
            chown 250:250 "$root/usr/share/dev/kept"
            printf 'ID=stand-in\nNAME="A stand-in for a stage3"\n' > "$root/etc/os-release"
            cp "$root/usr/bin/cat" "$root/usr/bin/marked"
            chown 12345:54321 "$root/usr/bin/marked"
            chmod 4755 "$root/usr/bin/marked"
            setfattr -n user.patchforge -v kept "$root/usr/bin/marked"
            setcap cap_net_raw+ep "$root/usr/bin/marked"
            [ -z "$3" ] || printf '\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\26' > "$root/usr/bin/sh"
            tar -C "$root" --xattrs --xattrs-include='*' --numeric-owner -cJf "$stage" .
            """;
        var mirror = Directory.CreateDirectory(Path.Combine(real.Folder, "mirror")).FullName;
        var stage = Path.Combine(mirror, StageName);
        var answer = await real.Outside.Processes.Run(
            new ProcessRequest("sh", "-c", script, "pack", Directory.CreateDirectory(Path.Combine(real.Folder, "packed")).FullName, stage, otherShell ? "yes" : ""),
            Cancel);
        Assert.True(answer.Succeeded, answer.Error);
        var digests = await FileDigests.OfFile(stage, [DigestAlgorithm.Blake2b, DigestAlgorithm.Sha512], null, Cancel);
        await File.WriteAllTextAsync(
            stage + ".DIGESTS",
            $"# BLAKE2B HASH\n{digests[DigestAlgorithm.Blake2b]}  {StageName}\n# SHA512 HASH\n{digests[DigestAlgorithm.Sha512]}  {StageName}\n",
            Cancel);
        return stage;
    }

    /// <summary>A mirror whose files are a folder's, whatever folder the address says, and a few texts.</summary>
    private sealed class ServedFolder(string folder) : IDownloads
    {
        public Dictionary<string, string> Texts { get; } = new(StringComparer.Ordinal);

        public List<string> Asked { get; } = [];

        public async Task<DownloadOutcome> Fetch(Uri address, string partialFile, long limit, IStepProgress progress, CancellationToken cancel)
        {
            Asked.Add(address.AbsolutePath);
            var bytes = Texts.TryGetValue(address.AbsolutePath, out var text) ? Encoding.UTF8.GetBytes(text)
                : File.Exists(Path.Combine(folder, Path.GetFileName(address.AbsolutePath))) ? await File.ReadAllBytesAsync(Path.Combine(folder, Path.GetFileName(address.AbsolutePath)), cancel)
                : null;
            if (bytes is null)
            {
                return new DownloadOutcome.NotThere(404);
            }

            await File.WriteAllBytesAsync(partialFile, bytes, cancel);
            return new DownloadOutcome.Whole(bytes.Length, Resumed: false);
        }
    }
}
