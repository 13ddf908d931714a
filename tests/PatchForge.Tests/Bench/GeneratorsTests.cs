using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Bench;

namespace PatchForge.Tests.Bench;

public sealed class GeneratorsTests
{
    private static readonly Load s_page = new(Generator.Wrk, "/50.html", 50, KeepAlive: false);

    [Fact]
    public void The_scripts_own_line_is_read_and_the_rest_of_wrks_talk_is_not()
    {
        var answer = Generators.Read(Generator.Wrk, "Running 2s test @ http://127.0.0.1:8080/50.html\n  1 threads and 16 connections\n\nfigures 10000 2500000 2000000 1 0 2 0 3 1500 9000 20000\n");
        Assert.Equal(new LoadAnswer(10000, 2500000, 2000000, 1, 5, 1500, 9000, 20000, "read 2, timeout 3"), answer);
        Assert.Equal(5000, answer?.Rate);
    }

    [Theory]
    [InlineData("")]
    [InlineData("unable to connect to 127.0.0.1:8080 Connection refused\n")]
    [InlineData("figures 1 2 3\n")]
    public void Without_figures_there_is_no_answer(string output) => Assert.Null(Generators.Read(Generator.Wrk, output));

    [Fact]
    public void What_ab_prints_is_read_with_its_errors()
    {
        const string output = """
            Concurrency Level:      16
            Time taken for tests:   2.500 seconds
            Complete requests:      5000
            Failed requests:        3
               (Connect: 0, Length: 3, Exceptions: 0)
            Write errors:           1
            Non-2xx responses:      2
            Total transferred:      1250000 bytes
            Requests per second:    2000.00 [#/sec] (mean)
            Percentage of the requests served within a certain time (ms)
              50%      7
              99%     21
             100%     40 (longest request)

            """;
        var answer = Generators.Read(Generator.Ab, output);
        Assert.Equal(new LoadAnswer(5000, 1250000, 2500000, 2, 4, 7000, 21000, 40000), answer);
        Assert.Equal(2000, answer?.Rate);
    }

    [Fact]
    public void A_run_without_a_fault_counts() => Assert.Empty(Generators.Complaints(s_page, Answer()));

    [Fact]
    public void Whatever_is_wrong_with_a_run_keeps_it_from_counting()
    {
        Assert.Equal(["no request was answered"], Generators.Complaints(s_page, Answer() with { Requests = 0, Bytes = 0 }));
        Assert.Equal(["7 answers were errors"], Generators.Complaints(s_page, Answer() with { Refused = 7 }));
        Assert.Equal(["7 requests failed (read 7)"], Generators.Complaints(s_page, Answer() with { Failed = 7, How = "read 7" }));

        // An empty body, and a page that is another one.
        Assert.Single(Generators.Complaints(s_page, Answer() with { Bytes = 140 * 1000 }));
        Assert.Single(Generators.Complaints(s_page, Answer() with { Bytes = 4000 * 1000 }));
        Assert.Single(Generators.Complaints(s_page with { Hosts = 40, Fresh = true }, Answer() with { Requests = 39, Bytes = 39 * 300 }));
    }

    [Fact]
    public void No_two_rounds_ask_the_same_fresh_host()
    {
        var layout = new Layout(1000);
        var load = s_page with { Connections = 1, Hosts = Workloads.FreshHosts, Fresh = true };
        var asked = Enumerable.Range(0, 20).SelectMany(round => Enumerable.Range(First(Generators.Command(load, "ab", 2, round, layout)), load.Hosts)).ToArray();
        Assert.Equal(asked.Length, asked.Distinct().Count());

        // The first one is who the warm load asks, and there is none beyond the last.
        Assert.InRange(asked.Min(), 1, 999);
        Assert.InRange(asked.Max(), 1, 999);
    }

    [Fact]
    public void Ab_goes_on_for_the_time_however_many_requests_that_are()
    {
        var command = Generators.Command(s_page with { Generator = Generator.Ab, KeepAlive = true }, "/opt/httpd/bin/ab", 2, 0, new Layout(4));
        Assert.Equal(["/opt/httpd/bin/ab", "-q", "-t", "2", "-n", "1000000", "-c", "16", "-k", "http://127.0.0.1:8080/50.html"], command);
    }

    private static LoadAnswer Answer() => new(1000, 300 * 1000, 2000000, 0, 0, 1000, 2000, 3000);

    private static int First(ImmutableArray<string> command) => int.Parse(command[command.IndexOf("--") + 1], CultureInfo.InvariantCulture);
}
