using System.Text;
using PatchForge.Host;
using PatchForge.HostTests.Roots;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary><c>patchforge chroot</c> as a user has it, from a mirror's index to a root and back.</summary>
public sealed class Stage3Tests(Stage3Bytes bytes) : IClassFixture<Stage3Bytes>, IDisposable
{
    private readonly TinyForge _forge = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string State => Path.Combine(_forge.Cache, "patchforge", "roots");

    private string Keys => Path.Combine(_forge.Cache, "KEYS");

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task A_signed_stage3_becomes_a_root_with_owners_modes_and_xattrs_is_entered_and_removed()
    {
        using var mirror = await Mirror();

        var created = await Create(mirror);

        Assert.True(created.ExitCode == 0, created.Output + created.Error);
        var root = $"{State}/roots/{mirror.Name}/root";
        Assert.Equal(
            $"{mirror.Name}: BLAKE2B and SHA512 as published; a good signature of Release <release@example.org> ({mirror.Key.Fingerprint}); "
            + $"the tarball has a good signature of Release <release@example.org> ({mirror.Key.Fingerprint})\n{root}\n",
            created.Output);
        Assert.Equal(
            "4755 12345:54321\n1777 0:0\n644 250:250\n700 0:0\n",
            await Must("stat", "-c", "%a %u:%g", $"{root}/usr/bin/marked", $"{root}/home", $"{root}/usr/share/dev/kept", State));
        var attributes = await Must("getfattr", "-d", "-m", "-", "--absolute-names", $"{root}/usr/bin/marked");
        Assert.Contains("user.patchforge=\"kept\"", attributes, StringComparison.Ordinal);
        Assert.Contains("security.capability=", attributes, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{root}/dev"));

        // A pipe for input, no terminal: its streams are the command's, and so is its exit code. No network is asked.
        var asked = mirror.Asked.Count;
        foreach (var name in new[] { mirror.Name, "stage3:" + mirror.Url, "dir:" + root })
        {
            var entered = await RunWith("from outside\n", "chroot", "enter", name, "--", "sh", "-c", "cat /etc/os-release -; echo told >&2; echo > /canary; exit 7");
            Assert.Equal((7, "ID=stand-in\nNAME=\"A stand-in for a stage3\"\nfrom outside\n", "told\n"), (entered.ExitCode, entered.Output, entered.Error));
        }

        Assert.Equal(asked, mirror.Asked.Count);
        Assert.False(File.Exists($"{root}/canary"));

        var removed = await Run("chroot", "remove", mirror.Name);
        Assert.Equal((0, $"removed {mirror.Name}\n"), (removed.ExitCode, removed.Output));
        Assert.Empty(Directory.EnumerateDirectories($"{State}/roots"));
        Assert.Equal(1, (await Run("chroot", "remove", mirror.Name)).ExitCode);
    }

    [Fact]
    public async Task Made_twice_it_is_fetched_and_unpacked_once()
    {
        using var mirror = await Mirror();
        var first = await Create(mirror);
        var canary = $"{State}/roots/{mirror.Name}/root/canary";
        await File.WriteAllTextAsync(canary, "", Cancel);

        var second = await Create(mirror);

        Assert.Equal((0, first.Output), (second.ExitCode, second.Output));
        Assert.True(File.Exists(canary));
        Assert.Single(mirror.Asked, mirror.Stage);
    }

    [Fact]
    public async Task The_copy_of_the_index_that_leaves_the_date_out_leads_there_as_well()
    {
        using var mirror = await Mirror();
        var current = $"{Stage3Mirror.Autobuilds}/current-stage3-amd64-openrc";
        mirror.SignIndex(mirror.Key, mirror.Files[mirror.Stage].Length, mirror.Name + ".tar.xz");
        foreach (var path in new[] { mirror.Index, mirror.Stage, mirror.Digests, mirror.Signature })
        {
            mirror.Files.Remove(path, out var moved);
            mirror.Files[$"{current}/{path.Split('/')[^1]}"] = moved ?? [];
        }

        var created = await Run("chroot", "create", "stage3:" + mirror.Address($"{current}/latest-stage3-amd64-openrc.txt"), "--keys", Keys);

        Assert.True(created.ExitCode == 0, created.Output + created.Error);
        Assert.True(File.Exists($"{State}/roots/{mirror.Name}/root/bin/sh"));
    }

    /// <summary>What is done to the mirror; what the tool answers; whether it had fetched the tarball before.</summary>
    public static TheoryData<string, int, string, bool> Wrongs => new()
    {
        { "index by another key", 1, "latest-stage3-amd64-openrc.txt: a signature of the key .*, which is not among the keys", false },
        { "index tampered with", 1, "latest-stage3-amd64-openrc.txt: the signature is refused: the file is not what Release .* signed", false },
        { "index unsigned", 1, "latest-stage3-amd64-openrc.txt is not signed", false },
        { "index torn", 1, "latest-stage3-amd64-openrc.txt: the signature is refused", false },
        { "index says a greater size", 1, "has [0-9]+ bytes, and the index says [0-9]+", true },
        { "index says a smaller size", 5, "the server's file has [0-9]+ bytes and [0-9]+ are expected at most", true },
        { "index of another architecture", 1, "is for mips, and this machine is", false },
        { "tarball tampered with", 1, "is not what was published: its BLAKE2B is [0-9a-f]{128}, and .*DIGESTS says [0-9a-f]{128}", true },
        { "wrong BLAKE2B", 1, "is not what was published: its BLAKE2B", true },
        { "wrong SHA512", 1, "is not what was published: its SHA512", true },
        { "DIGESTS of other files", 1, "has neither a BLAKE2B nor a SHA512 digest", false },
        { "DIGESTS unsigned", 1, "DIGESTS is not signed", false },
        { "DIGESTS by another key", 1, "DIGESTS: a signature of the key .*, which is not among the keys", false },
        { "DIGESTS gone", 5, "DIGESTS could not be fetched: the server has none", false },
        { "detached signature bad", 1, "asc: the signature is refused: the file is not what Release .* signed", true },
        { "detached signature by another key", 1, "asc: a signature of the key .*, which is not among the keys", true },
        { "detached signature is a web page", 1, "asc: the signature is refused: there is no signature in the file", true },
        { "shell of another architecture", 1, "is for s390, and this machine is", true },
        { "no tarball", 1, "could not be unpacked", true },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task What_is_not_as_published_is_refused_and_nothing_of_it_stays(string wrong, int exitCode, string message, bool fetches)
    {
        using var mirror = await Mirror(wrong);

        var answer = await Create(mirror);

        Assert.True(answer.ExitCode == exitCode, answer.Output + answer.Error);
        Assert.Matches("(?m)^patchforge: .*" + message, answer.Error);
        Assert.Equal("", answer.Output);
        Assert.Empty(Left());
        Assert.Equal(fetches, mirror.Asked.Contains(mirror.Stage));

        // The mirror is mended: nothing of the first try is in the way.
        mirror.Files[mirror.Stage] = bytes.Good;
        mirror.Sign();
        Assert.Equal(wrong.EndsWith("architecture", StringComparison.Ordinal) && !fetches ? 1 : 0, (await Create(mirror)).ExitCode);
    }

    [Fact]
    public async Task Without_keys_it_takes_the_users_word_and_checks_the_digests_all_the_same()
    {
        using var mirror = await Mirror();
        Assert.SkipWhen(File.Exists(Workflows.Stage3Trust.UsualKeys), "this machine has the release keys where they usually are");

        var without = await Run("chroot", "create", "stage3:" + mirror.Url);
        Assert.Equal(5, without.ExitCode);
        Assert.Contains("latest-stage3-amd64-openrc.txt is signed, and there are no keys to check it with", without.Error, StringComparison.Ordinal);
        Assert.Contains("--take-unsigned", without.Error, StringComparison.Ordinal);
        var nowhere = await Run("chroot", "create", "stage3:" + mirror.Url, "--keys", Keys + ".not");
        Assert.Equal(5, nowhere.ExitCode);
        Assert.Contains("there is no file of keys", nowhere.Error, StringComparison.Ordinal);
        var keyless = await Run("chroot", "create", "stage3:" + mirror.Url, "--keys", Path.Combine(_forge.Home, "patchforge.yaml"));
        Assert.Equal(5, keyless.ExitCode);
        Assert.Contains("patchforge.yaml holds no OpenPGP key", keyless.Error, StringComparison.Ordinal);
        Assert.Empty(Left());
        Assert.DoesNotContain(mirror.Stage, mirror.Asked);

        mirror.Files[mirror.Stage] = [.. bytes.Good, 0];
        mirror.SignIndex(mirror.Key, mirror.Files[mirror.Stage].Length);
        var wrong = await Run("chroot", "create", "stage3:" + mirror.Url, "--take-unsigned");
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("is not what was published", wrong.Error, StringComparison.Ordinal);
        Assert.Empty(Left());

        mirror.Files[mirror.Stage] = bytes.Good;
        mirror.Sign();
        var taken = await Run("chroot", "create", "stage3:" + mirror.Url, "--take-unsigned");
        Assert.Equal(0, taken.ExitCode);
        Assert.Contains("its signature was not checked, for want of keys", taken.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_signature_is_refused_whatever_the_user_takes()
    {
        using var mirror = await Mirror("index tampered with");

        var answer = await Run("chroot", "create", "stage3:" + mirror.Url, "--keys", Keys, "--take-unsigned");

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("the signature is refused", answer.Error, StringComparison.Ordinal);
        Assert.Empty(Left());
    }

    [Fact]
    public async Task A_download_that_broke_off_is_kept_and_gone_on_with()
    {
        using var mirror = await Mirror();
        var half = bytes.Good.Length / 2;
        mirror.Cuts[mirror.Stage] = half;

        var broken = await Create(mirror);

        Assert.Equal(5, broken.ExitCode);
        Assert.Contains("run it again to go on", broken.Error, StringComparison.Ordinal);
        Assert.Equal([$"stage3/{mirror.Name}.tar.xz.part"], Left());
        Assert.Equal(bytes.Good[..half], await File.ReadAllBytesAsync($"{State}/stage3/{mirror.Name}.tar.xz.part", Cancel));
        var whole = await Create(mirror);
        Assert.True(whole.ExitCode == 0, whole.Error);
        Assert.Contains($"{mirror.Stage} from {half}", mirror.Asked);
    }

    [Fact]
    public async Task A_part_that_is_of_something_else_is_found_out_and_does_not_stay()
    {
        using var mirror = await Mirror();
        Directory.CreateDirectory($"{State}/stage3");
        await File.WriteAllBytesAsync($"{State}/stage3/{mirror.Name}.tar.xz.part", new byte[1000], Cancel);

        var first = await Create(mirror);

        Assert.Equal(1, first.ExitCode);
        Assert.Contains("is not what was published", first.Error, StringComparison.Ordinal);
        Assert.Empty(Left());
        Assert.Equal(0, (await Create(mirror)).ExitCode);
    }

    [Fact]
    public async Task A_root_with_something_mounted_below_stays_and_a_canary_behind_links_and_mounts_lives()
    {
        using var mirror = await Mirror();
        Assert.Equal(0, (await Create(mirror)).ExitCode);
        var root = $"{State}/roots/{mirror.Name}/root";
        var canary = Directory.CreateDirectory(Path.Combine(_forge.Cache, "canary")).FullName;
        await File.WriteAllTextAsync($"{canary}/canary", "alive", Cancel);
        File.CreateSymbolicLink($"{root}/a-link", canary);
        File.CreateSymbolicLink($"{root}/home/link-to-file", $"{canary}/canary");
        var point = Directory.CreateDirectory($"{root}/mnt").FullName;
        await Must("mount", "--bind", canary, point);
        try
        {
            var refused = await Run("chroot", "remove", mirror.Name);
            Assert.Equal(1, refused.ExitCode);
            Assert.Matches("(?m)^patchforge: .* is not removed: .*/mnt is mounted there$", refused.Error);
            Assert.True(File.Exists($"{root}/bin/sh"));
            Assert.Equal("alive", await File.ReadAllTextAsync($"{canary}/canary", Cancel));
        }
        finally
        {
            await Must("umount", point);
        }

        Assert.Equal(0, (await Run("chroot", "remove", root)).ExitCode);
        Assert.False(Directory.Exists(root));
        Assert.Equal("alive", await File.ReadAllTextAsync($"{canary}/canary", Cancel));
    }

    [Fact]
    public async Task A_root_that_something_runs_in_is_not_removed()
    {
        using var mirror = await Mirror();
        Assert.Equal(0, (await Create(mirror)).ExitCode);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var inside = new TaskCompletionSource();
        var request = Tool.Request(_forge, "chroot", "enter", mirror.Name, "--", "sh", "-c", "echo inside; sleep 60") with { OnLine = _ => inside.TrySetResult() };
        var running = new Processes(new SilentStory()).Run(request, stop.Token);
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        var refused = await Run("chroot", "remove", mirror.Name);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is not removed: something runs in it", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("chroot", "remove", mirror.Name)).ExitCode);
        Assert.Empty(Directory.EnumerateDirectories($"{State}/sessions"));
    }

    [Fact]
    public async Task A_folder_that_the_tool_did_not_make_is_not_removed_by_name_or_path()
    {
        using var mirror = await Mirror();
        var foreign = Directory.CreateDirectory($"{State}/roots/foreign/root").FullName;
        foreach (var name in new[] { "foreign", foreign, _forge.Home, "/", "..", "" })
        {
            var answer = await Run("chroot", "remove", name);
            Assert.Equal(1, answer.ExitCode);
            Assert.Contains($"'{name}' is no root that this tool made", answer.Error, StringComparison.Ordinal);
        }

        Assert.True(Directory.Exists(foreign));
        Assert.True(File.Exists(Path.Combine(_forge.Home, "patchforge.yaml")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(125)]
    public async Task A_command_without_a_root_before_it_runs_in_the_settings_own(int code)
    {
        using var mirror = await Mirror();

        var answer = await RunWith("", "chroot", "enter", "--", "sh", "-c", $"echo $0 $*; exit {code}", "--root", "x");

        Assert.Equal((code, "--root x\n", ""), (answer.ExitCode, answer.Output, answer.Error));
    }

    [Fact]
    public async Task A_root_that_cannot_be_entered_is_no_commands_exit_code()
    {
        using var mirror = await Mirror();
        Assert.Equal(0, (await Create(mirror)).ExitCode);
        File.Delete($"{State}/roots/{mirror.Name}/root/usr/bin/setpriv");

        var answer = await RunWith("", "chroot", "enter", mirror.Name, "--", "true");

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("could not be set up: the root has no setpriv", answer.Error, StringComparison.Ordinal);
    }

    private async Task<Stage3Mirror> Mirror(string wrong = "")
    {
        using (await Stage3RootTests.Need())
        {
            // skips where there are no roots or no tools to look at them
        }

        var mirror = new Stage3Mirror(
            wrong switch { "shell of another architecture" => bytes.Foreign, "no tarball" => Encoding.UTF8.GetBytes("<html>it moved</html>\n"), _ => bytes.Good },
            wrong == "index of another architecture" ? "mips" : null);
        await File.WriteAllTextAsync(Keys, mirror.Key.Armored, Cancel);
        Do(wrong, mirror);
        return mirror;
    }

    private static void Do(string wrong, Stage3Mirror mirror)
    {
        var stage = mirror.Files[mirror.Stage];
        switch (wrong)
        {
            case "index by another key":
                mirror.SignIndex(mirror.OtherKey, stage.Length);
                break;
            case "index tampered with":
                mirror.Put(mirror.Index, mirror.Text(mirror.Index).Replace("ts=1767636000", "ts=1767636001", StringComparison.Ordinal));
                break;
            case "index unsigned":
                mirror.Put(mirror.Index, $"{Stage3Mirror.Stamp}/{mirror.Name}.tar.xz {stage.Length}\n");
                break;
            case "index torn":
                mirror.Files[mirror.Index] = mirror.Files[mirror.Index][..^60];
                break;
            case "index says a greater size":
                mirror.SignIndex(mirror.Key, stage.Length + 1);
                break;
            case "index says a smaller size":
                mirror.SignIndex(mirror.Key, stage.Length - 1);
                break;
            case "tarball tampered with":
                mirror.Files[mirror.Stage] = [.. stage[..^1], (byte)(stage[^1] ^ 1)];
                break;
            case "wrong BLAKE2B" or "wrong SHA512":
                var lines = mirror.DigestLines().ToArray();
                var at = Array.IndexOf(lines, $"# {wrong[6..]} HASH") + 1;
                lines[at] = (lines[at][0] == '0' ? '1' : '0') + lines[at][1..];
                mirror.Put(mirror.Digests, mirror.Key.ClearSigned(lines));
                break;
            case "DIGESTS of other files":
                mirror.Put(mirror.Digests, mirror.Key.ClearSigned([.. mirror.DigestLines().Select(line => line.Replace("openrc", "systemd", StringComparison.Ordinal))]));
                break;
            case "DIGESTS unsigned":
                mirror.Put(mirror.Digests, string.Join('\n', mirror.DigestLines()) + "\n");
                break;
            case "DIGESTS by another key":
                mirror.SignDigests(mirror.OtherKey);
                break;
            case "DIGESTS gone":
                mirror.Files.Remove(mirror.Digests);
                break;
            case "detached signature bad":
                mirror.Put(mirror.Signature, mirror.Key.Detached([.. stage, 0]));
                break;
            case "detached signature by another key":
                mirror.Put(mirror.Signature, mirror.OtherKey.Detached(stage));
                break;
            case "detached signature is a web page":
                mirror.Put(mirror.Signature, "<html>it moved</html>\n");
                break;
        }
    }

    /// <summary>What a refused stage3 left: files of any kind but locks, and folders among the roots.</summary>
    private List<string> Left() => !Directory.Exists(State) ? [] :
    [
        .. Directory.EnumerateFiles(State, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
            .Concat(Directory.Exists($"{State}/roots") ? Directory.EnumerateDirectories($"{State}/roots") : [])
            .Select(path => Path.GetRelativePath(State, path))
            .Order(StringComparer.Ordinal),
    ];

    private Task<ProcessAnswer> Create(Stage3Mirror mirror) => Run("chroot", "create", "stage3:" + mirror.Url, "--keys", Keys);

    private Task<ProcessAnswer> Run(params string[] arguments) => Tool.Run(_forge, Cancel, arguments);

    private Task<ProcessAnswer> RunWith(string input, params string[] arguments) =>
        new Processes(new SilentStory()).Run(Tool.Request(_forge, arguments) with { Input = Encoding.UTF8.GetBytes(input) }, Cancel);

    private static async Task<string> Must(string program, params string[] arguments)
    {
        var answer = await new Processes(new SilentStory()).Run(new ProcessRequest(program, arguments), Cancel);
        Assert.True(answer.Succeeded, answer.Error);
        return answer.Output;
    }
}
