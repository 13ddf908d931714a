using System.Diagnostics;
using PatchForge.Seams;

namespace PatchForge.HostTests.Roots;

public sealed class HostRootTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_runs_as_root_in_a_view_of_the_machine()
    {
        using var real = await RealRoots.Need(Cancel);

        var answer = await real.Shell("id -u; hostname; cat /etc/os-release | grep ^ID=; pwd", Cancel);

        Assert.Equal("", answer.Error);
        Assert.StartsWith("0\nlocalhost\nID=", answer.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("touch /usr/bin/patchforge-canary", "/usr/bin/patchforge-canary")]
    [InlineData("touch /etc/patchforge-canary", "/etc/patchforge-canary")]
    [InlineData("touch /var/tmp/patchforge-canary", "/var/tmp/patchforge-canary")]
    [InlineData("touch /tmp/patchforge-canary", "/tmp/patchforge-canary")]
    [InlineData("touch /dev/shm/patchforge-canary", "/dev/shm/patchforge-canary")]
    [InlineData("mkdir -p /run/patchforge-canary", "/run/patchforge-canary")]
    [InlineData("mkdir -p /home/patchforge-canary /root/patchforge-canary", "/root/patchforge-canary")]
    [InlineData("touch /proc/1/root/usr/patchforge-canary; touch /proc/self/cwd/usr/patchforge-canary", "/usr/patchforge-canary")]
    [InlineData("cd /; touch ../../../../usr/patchforge-canary; for d in /proc/[0-9]*/root; do touch $d/var/patchforge-canary; done", "/var/patchforge-canary")]
    public async Task What_is_written_inside_is_not_on_the_machine(string script, string canary)
    {
        using var real = await RealRoots.Need(Cancel);

        var answer = await real.Shell(script + "; test -e " + canary, Cancel);

        Assert.True(answer.Succeeded, answer.Error);
        Assert.False(Path.Exists(canary));
    }

    [Fact]
    public async Task Removing_and_changing_files_inside_leaves_the_machines_alone()
    {
        using var real = await RealRoots.Need(Cancel);
        var before = File.ReadAllText("/etc/passwd");

        var answer = await real.Shell("rm -f /etc/hostname /etc/os-release; echo x > /etc/passwd; chmod 0 /etc /usr/bin; chmod 0 /dev/null", Cancel);

        Assert.True(answer.Succeeded, answer.Error);
        Assert.Equal(before, File.ReadAllText("/etc/passwd"));
        Assert.True(File.Exists("/etc/os-release"));
        Assert.NotEqual(UnixFileMode.None, File.GetUnixFileMode("/usr/bin"));
        Assert.NotEqual(UnixFileMode.None, File.GetUnixFileMode("/dev/null"));
    }

    [Theory]
    [InlineData("mknod /tmp/disk b 8 0")]
    [InlineData("mount -t tmpfs x /tmp")]
    [InlineData("mount -o remount,rw /sys")]
    [InlineData("mount -o remount,rw /proc/sys")]
    [InlineData("umount /proc/sys")]
    [InlineData("echo 1 > /proc/sys/vm/drop_caches")]
    [InlineData("echo h > /proc/sysrq-trigger")]
    [InlineData("echo x > /sys/kernel/uevent_seqnum")]
    [InlineData("unshare --mount true")]
    [InlineData("chroot / true")]
    [InlineData("ip link add patchforge0 type dummy")]
    [InlineData("ls -d /proc/[0-9]* | wc -l | { read n; test $n -gt 12; }")]
    [InlineData("test -e /home -o -e /boot -o -e /mnt")]
    [InlineData("ls /root | grep .")]
    [InlineData("grep -q . /proc/kmsg")]
    public async Task What_reaches_the_machine_is_refused_inside(string script)
    {
        using var real = await RealRoots.Need(Cancel);

        var answer = await real.Shell(script, Cancel);

        Assert.False(answer.Succeeded, answer.Output);
    }

    [Theory]
    [InlineData(RootRights.Build)]
    [InlineData(RootRights.Serve)]
    public async Task Only_loopback_is_there(RootRights rights)
    {
        using var real = await RealRoots.Need(Cancel);

        var answer = await real.Shell("ls /sys/class/net; sed 1,2d /proc/net/dev | cut -d: -f1; grep -c . /proc/net/route", Cancel, rights);

        // The table of routes is its heading alone.
        Assert.Equal(["lo", "lo", "1"], answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task Loopback_answers_inside()
    {
        using var real = await RealRoots.Need(Cancel);

        // Nobody listens on port 1 of 127.0.0.1: refused by a network that is up, unreachable by one that is not.
        var answer = await real.Shell("perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr=>\"127.0.0.1:1\") or print $!'", Cancel);

        Assert.Equal("Connection refused", answer.Output.Trim());
    }

    [Fact]
    public async Task A_writable_bind_keeps_what_is_written_and_a_read_only_one_refuses()
    {
        using var real = await RealRoots.Need(Cancel);
        var kept = Directory.CreateDirectory(Path.Combine(real.Folder, "kept")).FullName;
        var given = Directory.CreateDirectory(Path.Combine(real.Folder, "given")).FullName;

        var answer = await real.Shell(
            "echo yes > /srv/kept/answer; echo no > /srv/given/answer",
            Cancel,
            RootRights.Build,
            new RootBind(kept, "/srv/kept", Writable: true),
            new RootBind(given, "/srv/given"));

        Assert.False(answer.Succeeded);
        Assert.Contains("Read-only file system", answer.Error, StringComparison.Ordinal);
        Assert.Equal("yes\n", File.ReadAllText(Path.Combine(kept, "answer")));
        Assert.Empty(Directory.GetFileSystemEntries(given));
    }

    [Fact]
    public async Task Cancelling_ends_everything_inside()
    {
        using var real = await RealRoots.Need(Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var started = new TaskCompletionSource<int>();
        var run = real.Roots.Run(
            new RootRun(real.Roots.Host(), RootRights.Build, ["sh", "-c", "setsid sh -c 'trap \"\" TERM INT HUP; while :; do sleep 987; done' & sleep 986"]) { OnStarted = started.SetResult },
            stop.Token);
        var init = await started.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.True(Directory.Exists($"/proc/{init}"));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        var clock = Stopwatch.StartNew();
        while (Sleepers() > 0 && clock.Elapsed < TimeSpan.FromSeconds(5))
        {
            await Task.Delay(50, Cancel);
        }

        Assert.Equal(0, Sleepers());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(real.Folder, "sessions")));
    }

    [Fact]
    public async Task A_killed_tools_session_is_cleared_up_by_the_next_run()
    {
        using var real = await RealRoots.Need(Cancel);
        var sessions = Path.Combine(real.Folder, "sessions");
        Directory.CreateDirectory(Path.Combine(sessions, "dead", "up", "0"));
        File.WriteAllText(Path.Combine(sessions, "dead.lock"), "");

        await real.Shell("true", Cancel);

        Assert.Empty(Directory.GetFileSystemEntries(sessions));
    }

    private static int Sleepers() => Directory.EnumerateDirectories("/proc")
        .Where(name => char.IsAsciiDigit(Path.GetFileName(name)[0]))
        .Count(name =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(name, "cmdline")) is "sleep\0987\0" or "sleep\0986\0";
            }
            catch (IOException)
            {
                return false;
            }
        });
}
