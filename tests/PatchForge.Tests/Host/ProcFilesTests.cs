using PatchForge.Host.Bench;

namespace PatchForge.Tests.Host;

public sealed class ProcFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-proc-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Processor_time_is_the_processs_own_and_that_of_children_it_has_waited_for()
    {
        var process = ProcFiles.Parse("4711 (httpd) S 42 4711 4711 0 -1 4194624 900 8000 0 0 100 20 3000 400 20 0 1 0 12345 1000 200", 20001);
        Assert.Equal((4711, 42, "httpd", 20001), (process.Pid, process.Parent, process.Name, process.Uid));
        Assert.Equal(TimeSpan.FromSeconds(35.2), process.Cpu);
        Assert.False(process.Ended);
    }

    [Theory]
    [InlineData("7 (a) b (c)) Z 1 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 1 0 0", "a) b (c)")]
    [InlineData("7 () Z 1 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 1 0 0", "")]
    public void A_name_may_hold_parentheses_and_blanks(string stat, string name)
    {
        var process = ProcFiles.Parse(stat, 0);
        Assert.Equal(name, process.Name);
        Assert.Equal(1, process.Parent);
        Assert.Equal(TimeSpan.FromMilliseconds(100), process.Cpu);
        Assert.True(process.Ended);
    }

    [Fact]
    public void Established_connections_of_the_servers_port_are_counted_and_no_others()
    {
        var file = Path.Combine(_folder, "tcp");
        File.WriteAllText(file, """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1
               1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 12 1
               2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 13 1
               3: 0100007F:1F90 0100007F:C351 06 00000000:00000000 00:00000000 00000000     0        0 0 1
               4: 0101007F:1F90 0100007F:C352 01 00000000:00000000 00:00000000 00000000     0        0 14 1

            """);
        Assert.Equal(2, ProcFiles.Established(file, 8080));
    }

    [Fact]
    public void This_process_is_among_those_of_its_own_namespace()
    {
        var found = ProcFiles.Space(Environment.ProcessId).Single(process => process.Pid == Environment.ProcessId);
        Assert.True(found.Cpu > TimeSpan.Zero);
        Assert.True(ProcFiles.Descriptors(found.Pid) > 2);
        Assert.True(ProcFiles.Pss(found.Pid) > 1_000_000);
    }
}
