using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

/// <summary>
/// Roots as an ordinary user. Run as root, a test becomes a user that exists in a mount namespace of its own only
/// (an overlay over the machine's /etc has its passwd, subuid and subgid there) and runs the method that it names in that user's
/// skin; run as a user, that method is the test.
/// </summary>
public sealed class OrdinaryUserTests
{
    private const string User = "patchforge-test";
    private const int Id = 54321;
    private const string Skin = "PATCHFORGE_TEST_AS_USER";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_with_subordinate_ids_has_roots()
    {
        await AsUser(nameof(Inside_with_subordinate_ids), $"{User}:200000:65536\n", needsMap: true);
    }

    [Fact]
    public async Task A_user_without_subordinate_ids_is_told_what_is_missing()
    {
        await AsUser(nameof(Inside_without_subordinate_ids), "", needsMap: false);
    }

    [Fact(Explicit = true)]
    public async Task Inside_with_subordinate_ids()
    {
        Assert.Equal(nameof(Inside_with_subordinate_ids), Environment.GetEnvironmentVariable(Skin));
        using var real = new RealRoots();
        Assert.IsType<RootAbility.WithSubordinateIds>(await real.Roots.Ability(Cancel));

        var answer = await real.Shell("id -u; touch /tmp/x && chown 1000:1000 /tmp/x && stat -c %u /tmp/x; sed 1,2d /proc/net/dev | cut -d: -f1; touch /usr/bin/canary", Cancel);
        Assert.StartsWith("0\n1000\n", answer.Output, StringComparison.Ordinal);
        Assert.Equal("lo", answer.Output.Split('\n')[2].Trim());
        Assert.False(answer.Succeeded);

        // A root that the user's own ids own: written to inside, unchanged outside, removed with files of subordinate ids in it.
        var made = new MadeRoot(real.Folder, "test");
        Directory.CreateDirectory(made.Root);
        var stage = Environment.GetEnvironmentVariable("PATCHFORGE_TEST_STAGE") ?? "";
        await real.Roots.Unpack(stage, made.Root, Cancel);
        made.Mark("test");
        var inside = await real.Roots.Run(new RootRun(real.Roots.Folder(made.Root), RootRights.Build, ["/bin/sh", "-c", "echo 1 > /canary; cat /canary; ls -n /usr/bin/marked"]), Cancel);
        Assert.StartsWith("1\n-rwsr-xr-x 1 12345 54321 ", inside.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(made.Root, "canary")));
        await new RemoveRoot(real.Roots).Run("test", Cancel);
        Assert.False(Directory.Exists(made.Folder));

        var failure = await Assert.ThrowsAsync<Failure>(() => new OpenRoot(real.Outside, real.Roots).Run(
            real.Roots.Host(),
            ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("apt", ["no-such-package"]).Add("emerge", ["no-such/package"]),
            Cancel));
        Assert.Equal(FailureKind.Missing, failure.Kind);
        Assert.Contains("no-such", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task Inside_without_subordinate_ids()
    {
        Assert.Equal(nameof(Inside_without_subordinate_ids), Environment.GetEnvironmentVariable(Skin));
        using var real = new RealRoots();

        var failure = await Assert.ThrowsAsync<Failure>(() => real.Shell("true", Cancel));

        Assert.Equal(FailureKind.Missing, failure.Kind);
        Assert.Matches("newuidmap|subordinate ids", failure.Message);
        Assert.Contains("as root", failure.Hint, StringComparison.Ordinal);
    }

    private static async Task AsUser(string method, string subordinate, bool needsMap)
    {
        using var real = await RealRoots.Need(Cancel);
        Assert.SkipWhen(needsMap && real.Outside.Processes.Find("newuidmap") is null, "newuidmap is not on this machine");
        var given = Directory.CreateDirectory(Path.Combine(real.Folder, "given")).FullName;
        File.WriteAllText(Path.Combine(given, "passwd"), File.ReadAllText("/etc/passwd") + $"{User}:x:{Id}:{Id}::/tmp:/bin/sh\n");
        File.WriteAllText(Path.Combine(given, "subuid"), subordinate);
        File.WriteAllText(Path.Combine(given, "subgid"), subordinate);
        var stage = needsMap ? await Stage3RootTests.Pack(real) : "";
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("the test program has no path");
        const string script = """
            set -eu
            given=$1 id=$2 program=$3 method=$4
            chmod 0755 "$given" "${given%/*}"
            mkdir "$given/upper" "$given/work"
            mount -t overlay -o "lowerdir=/etc,upperdir=$given/upper,workdir=$given/work" test /etc
            cp "$given/passwd" "$given/subuid" "$given/subgid" /etc
            exec setpriv --reuid "$id" --regid "$id" --clear-groups --inh-caps -all -- "$program" -method "*.$method" -explicit only -noColor
            """;
        var answer = await real.Outside.Processes.Run(
            new ProcessRequest("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "user", given, $"{Id}", program, method)
            {
                Environment = ImmutableSortedDictionary<string, string>.Empty
                    .Add(Skin, method)
                    .Add("PATCHFORGE_TEST_STAGE", stage)
                    .Add("HOME", "/tmp")
                    .Add("DOTNET_CLI_HOME", "/tmp"),
            },
            Cancel);
        Assert.True(answer.Succeeded && answer.Output.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", StringComparison.Ordinal), answer.Output + answer.Error);
    }
}
