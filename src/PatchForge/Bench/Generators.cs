using System.Collections.Immutable;
using System.Globalization;

namespace PatchForge.Bench;

/// <summary>What a generator said of its run.</summary>
/// <param name="Bytes">Received, heads and bodies.</param>
/// <param name="Microseconds">Of the run, as the generator took it.</param>
/// <param name="Refused">Answers with a status that is an error.</param>
/// <param name="Failed">Connections and requests that came to nothing: not connected, reset, cut short, too late.</param>
/// <param name="How">Of the failed ones, what failed, in the generator's words; empty when none did.</param>
public sealed record LoadAnswer(long Requests, long Bytes, long Microseconds, long Refused, long Failed, double Typical, double Slow, double Slowest, string How = "")
{
    public double Rate => Microseconds > 0 ? Requests * 1e6 / Microseconds : 0;
}

/// <summary>The command lines of the load generators, and what they print.</summary>
public static class Generators
{
    /// <summary>wrk ends a request that has no answer for so long, and counts it as failed.</summary>
    public const int Patience = 5;

    /// <summary>wrk's own kinds, in the order in which the script prints them.</summary>
    private static readonly ImmutableArray<string> s_failures = ["connect", "read", "write", "timeout"];

    /// <summary>
    /// wrk's script (SCRIPTING in its sources): which hosts are asked and how, when it is enough, and figures
    /// that can be read without guessing at units.
    /// </summary>
    public const string WrkScript = """
        -- Arguments: first host, number of hosts, keep or close, number of requests (0: until the time is over),
        -- crowd or load.
        local function name(site) return "s" .. site .. ".bench.test" end

        function init(args)
            local first, count = tonumber(args[1]), tonumber(args[2])
            local enough, crowd = tonumber(args[4]), args[5] == "crowd"
            if args[3] == "close" then wrk.headers["Connection"] = "close" end
            wrk.headers["Host"] = name(first)
            if count > 1 then
                local requests, turn = {}, 0
                for i = 1, count do
                    wrk.headers["Host"] = name(first + i - 1)
                    requests[i] = wrk.format()
                end
                function request()
                    turn = turn % count + 1
                    return requests[turn]
                end
            end
            if enough > 0 then
                -- The thread can stop itself, but wrk's first thread sleeps until the time is over or SIGINT comes.
                local ffi = require("ffi")
                ffi.cdef("int getpid(void); int kill(int, int);")
                local got = 0
                function response()
                    got = got + 1
                    if got == enough then
                        wrk.thread:stop()
                        ffi.C.kill(ffi.C.getpid(), 2)
                    end
                end
            end
            if crowd then
                -- Asked before each request: the first of every connection comes within the first seconds,
                -- the second one never.
                local asked, size = 0, tonumber(args[6])
                function delay()
                    asked = asked + 1
                    if asked <= size then return asked % 2000 end
                    return 7200000
                end
            end
        end

        function done(summary, latency, requests)
            local e = summary.errors
            io.write(string.format("\nfigures %d %d %d %d %d %d %d %d %d %d %d\n",
                summary.requests, summary.bytes, summary.duration, e.status, e.connect, e.read, e.write, e.timeout,
                latency:percentile(50), latency:percentile(99), latency.max))
        end

        """;

    /// <param name="round">Which slice of hosts a fresh load asks.</param>
    public static ImmutableArray<string> Command(Load load, string loadTool, int seconds, int round, Layout layout)
    {
        string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
        if (load.Generator == Generator.Ab)
        {
            // -t alone ends after 50,000 requests (ab.c, MAX_REQUESTS), whatever the time.
            return [loadTool, "-q", "-t", Number(seconds), "-n", "1000000", "-c", Number(load.Connections), .. load.KeepAlive ? ["-k"] : Array.Empty<string>(), BenchPlace.Address(load)];
        }

        var first = load.Dedicated ? layout.Sites : load.Fresh ? First(load, round, layout) : 0;
        return
        [
            "wrk", "-t", "1", "-c", Number(load.Connections), "-d", Number(seconds) + "s", "--timeout", Number(Patience) + "s",
            "-s", $"{BenchPlace.Place}/{BenchPlace.Script}", BenchPlace.Address(load),
            "--", Number(first), Number(load.Hosts), load.KeepAlive ? "keep" : "close", Number(load.Fresh ? load.Hosts : 0), "load",
        ];
    }

    /// <summary>Clients that ask once, within the first two seconds, and then stay and say nothing.</summary>
    public static ImmutableArray<string> Crowd(int size, int seconds)
    {
        var count = size.ToString(CultureInfo.InvariantCulture);
        return
        [
            // What wrk calls a timeout it only counts, and its memory is in proportion to it (8 bytes a microsecond).
            "wrk", "-t", "1", "-c", count, "-d", seconds.ToString(CultureInfo.InvariantCulture) + "s", "--timeout", "1s",
            "-s", $"{BenchPlace.Place}/{BenchPlace.Script}", string.Create(CultureInfo.InvariantCulture, $"http://{BenchPlace.SharedAddress}:{BenchPlace.Port}/50.html"),
            "--", "0", "1", "keep", "0", "crowd", count,
        ];
    }

    /// <summary>Null when there are no figures in it.</summary>
    public static LoadAnswer? Read(Generator generator, string output) => generator == Generator.Ab ? Ab(output) : Wrk(output);

    /// <summary>Why a run must not count; empty when nothing is wrong with it.</summary>
    public static ImmutableArray<string> Complaints(Load load, LoadAnswer answer)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        void Say(FormattableString sentence) => found.Add(sentence.ToString(CultureInfo.InvariantCulture));
        if (answer.Requests == 0)
        {
            found.Add("no request was answered");
        }

        if (answer.Refused > 0)
        {
            Say($"{answer.Refused} answers were errors");
        }

        if (answer.Failed > 0)
        {
            Say($"{answer.Failed} requests failed{(answer.How.Length > 0 ? $" ({answer.How})" : "")}");
        }

        if (load.Fresh && answer.Requests < load.Hosts)
        {
            Say($"{answer.Requests} of {load.Hosts} hosts answered");
        }

        // A whole answer is its body and a head of between 100 and 600 bytes; ab and wrk count both.
        if (load.Body is { } body && answer.Requests > 0 && (answer.Bytes / (double)answer.Requests) - body is < 100 or > 600)
        {
            Say($"an answer had {answer.Bytes / (double)answer.Requests:f0} bytes on average, with a body of {body}");
        }

        return found.ToImmutable();
    }

    private static int First(Load load, int round, Layout layout)
    {
        // The first host is the warm one; a slice that would go beyond the last starts over, cold no more.
        var slices = Math.Max(1, (layout.Sites - (load.Hosts < layout.Sites ? 1 : 0)) / load.Hosts);
        return (load.Hosts < layout.Sites ? 1 : 0) + (round % slices * load.Hosts);
    }

    private static LoadAnswer? Wrk(string output)
    {
        var line = output.Split('\n').LastOrDefault(line => line.StartsWith("figures ", StringComparison.Ordinal));
        if (line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not { Length: 12 } words)
        {
            return null;
        }

        var numbers = words[1..].Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        var kinds = s_failures.Zip(numbers[4..8]).Where(kind => kind.Second > 0);
        return new LoadAnswer(
            numbers[0],
            numbers[1],
            numbers[2],
            numbers[3],
            numbers[4..8].Sum(),
            numbers[8],
            numbers[9],
            numbers[10],
            string.Join(", ", kinds.Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.First} {kind.Second}"))));
    }

    /// <summary>What ab of 2.0 prints. Its latencies are whole milliseconds, 0 among them.</summary>
    private static LoadAnswer? Ab(string output)
    {
        var lines = output.Split('\n');
        double? Value(string start) => lines.Where(line => line.StartsWith(start, StringComparison.Ordinal))
            .Select(line => line[start.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault())
            .Select(word => double.TryParse(word, CultureInfo.InvariantCulture, out var value) ? value : (double?)null)
            .FirstOrDefault();
        if (Value("Complete requests:") is not { } requests || Value("Time taken for tests:") is not { } seconds)
        {
            return null;
        }

        return new LoadAnswer(
            (long)requests,
            (long)(Value("Total transferred:") ?? 0),
            (long)Math.Round(seconds * 1e6),
            (long)(Value("Non-2xx responses:") ?? 0),
            (long)((Value("Failed requests:") ?? 0) + (Value("Write errors:") ?? 0)),
            (Value("  50%") ?? 0) * 1000,
            (Value("  99%") ?? 0) * 1000,
            (Value(" 100%") ?? 0) * 1000);
    }
}
