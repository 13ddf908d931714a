using PatchForge.Host.Bench;
using PatchForge.HostTests.Roots;
using PatchForge.Seams;

namespace PatchForge.HostTests.Bench;

/// <summary>What measuring does to a root that is running, with real ones.</summary>
public sealed class RunningRootsTests
{
    private const string Busy = "n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_beside_sees_the_roots_files_as_nobody_and_is_not_among_its_processes()
    {
        using var real = await RealRoots.Need(Cancel);
        await using var root = await Started(real, "echo inside > /tmp/mark; echo ready; sleep 60");

        var answer = await root.Running.Beside(root.Init, new BesideRun(["sh", "-c", "cat /tmp/mark; id -u; pwd; setpriv --dump | grep -i 'bounding set'; ls -A /run/machine 2>&1 | wc -l"]), Cancel);
        var asleep = root.Running.Beside(root.Init, new BesideRun(["sleep", "2"]), Cancel);
        await Task.Delay(500, Cancel);
        var processes = root.Running.Processes(root.Init, memory: true, descriptors: true);

        Assert.Equal(["inside", "65534", "/", "Capability bounding set: [none]"], answer.Output.Split('\n')[..4]);
        Assert.Single(processes, process => process.Name == "sleep");
        Assert.All(processes, process => Assert.True(process is { Pss: > 0, Descriptors: > 0 }));
        await asleep;
    }

    [Fact]
    public async Task Processor_time_of_children_that_have_come_and_gone_is_counted()
    {
        using var real = await RealRoots.Need(Cancel);
        await using var root = await Started(real, $"echo ready; while [ ! -e /tmp/go ]; do sleep 0.1; done; for i in 1 2 3 4; do sh -c '{Busy}'; done; echo done; sleep 60");
        using var files = new ProcMeter(root.Init);
        using var cgroup = CgroupMeter.TryBegin(root.Init);
        var (before, beforeCgroup) = (files.Read(), cgroup?.Read());

        await root.Running.Beside(root.Init, new BesideRun(["touch", "/tmp/go"]), Cancel);
        await root.Said("done");

        var used = files.Read() - before;
        Assert.True(used > TimeSpan.FromMilliseconds(200), $"{used}");
        if (cgroup is not null)
        {
            Assert.InRange((cgroup.Read() - beforeCgroup)!.Value / used, 0.8, 1.25);
        }
    }

    [Theory]
    [InlineData(true, "with data")]
    [InlineData(false, "without data")]
    public async Task A_server_whose_socket_defers_is_woken_when_there_is_something_to_read(bool defer, string expected)
    {
        using var real = await RealRoots.Need(Cancel);
        Assert.SkipUnless(real.Outside.Processes.Find("perl") is not null, "perl is not installed");
        await using var root = await Started(
            real,
            "perl -MIO::Socket::INET -MIO::Select -e '$|=1; $s=IO::Socket::INET->new(Listen=>5,LocalAddr=>\"127.0.0.1\",LocalPort=>8080) or die; print \"ready\\n\"; $c=$s->accept; print \"accepted \", (IO::Select->new($c)->can_read(0) ? \"with\" : \"without\"), \" data\\n\"; sleep 60'");
        if (defer)
        {
            root.Running.DeferAccept(root.Init, 8080, TimeSpan.FromSeconds(30));
        }

        var client = root.Running.Beside(root.Init, new BesideRun(["perl", "-MIO::Socket::INET", "-e", "$c=IO::Socket::INET->new(PeerAddr=>\"127.0.0.1\",PeerPort=>8080) or die; select(undef,undef,undef,0.7); print $c \"x\"; $c->flush; sleep 2"]), Cancel);

        Assert.Equal("accepted " + expected, await root.Said("accepted"));
        Assert.Equal(1, root.Running.Connections(root.Init, 8080));
        await client;
    }

    [Fact]
    public async Task No_process_of_the_machine_gets_a_signal()
    {
        using var real = await RealRoots.Need(Cancel);
        await using var root = await Started(real, "echo ready; sleep 61");

        // This test's own process would be gone.
        root.Running.Signal(root.Init, Environment.ProcessId, 9);
        root.Running.Signal(root.Init, root.Running.Processes(root.Init, false, false).Single(process => process.Name == "sleep").Pid, 9);

        await Task.WhenAny(root.Over, Task.Delay(TimeSpan.FromSeconds(10), Cancel));
        Assert.True(root.Over.IsCompleted);
    }

    private static async Task<Root> Started(RealRoots real, string script)
    {
        var root = new Root(real);
        root.Begin(script);
        await root.Said("ready");
        return root;
    }

    private sealed class Root(RealRoots real) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(50));
        private readonly List<string> _lines = [];

        public RunningRoots Running { get; } = new(real.Outside.Processes, real.Roots);

        public int Init { get; private set; }

        public Task<ProcessAnswer> Over { get; private set; } = Task.FromResult(new ProcessAnswer(0, "", ""));

        public void Begin(string script) => Over = real.Roots.Run(
            new RootRun(real.Roots.Host(), RootRights.Serve, ["sh", "-c", script])
            {
                OnStarted = pid => Init = pid,
                OnLine = line =>
                {
                    lock (_lines)
                    {
                        _lines.Add(line);
                    }
                },
            },
            _stop.Token);

        public async Task<string> Said(string start)
        {
            while (true)
            {
                lock (_lines)
                {
                    if (_lines.FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal)) is { } found)
                    {
                        return found;
                    }
                }

                Assert.False(Over.IsCompleted, "the root's command ended");
                await Task.Delay(20, Cancel);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAny(Over);
            _stop.Dispose();
        }
    }
}
