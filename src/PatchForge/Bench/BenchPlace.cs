using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Httpd;

namespace PatchForge.Bench;

/// <summary>The server of an image: where its parts are inside the root.</summary>
public sealed record ServerParts(string Binary, string LoadTool, string Modules, ImmutableArray<string> ModuleFiles)
{
    /// <summary>How the server's configuration is written.</summary>
    public Dialect Dialect { get; init; } = Dialect.Httpd20;

    public PhpParts Php { get; init; } = Suite20.Suite.Php;
}

/// <summary>Where things are inside the root, and the files that a measured server needs there.</summary>
public static class BenchPlace
{
    /// <summary>A server's own folder: configuration, logs.</summary>
    public const string Place = "/srv/bench";

    /// <summary>The sites' files: the same folder of the machine for every server, read only.</summary>
    public const string Sites = "/srv/sites";

    public const string Configuration = "httpd.conf";
    public const string Start = "start.sh";
    public const string Script = "load.lua";
    public const string Pools = "fpm.conf";
    public const int Port = 8080;

    /// <summary>The account of the server itself, and of every site where there are no users.</summary>
    public const string Account = "pfbench";
    public const int AccountId = 19999;

    /// <summary>The dispatcher has an account that nothing else has.</summary>
    public const string DispatcherLine = "ItkDispatcherUser pfdispatch";

    private const string Dispatcher = "pfdispatch";
    private const int DispatcherId = 19998;

    /// <summary>The users of sites are numbers that no account has to have: this one, and on from it.</summary>
    public const int FirstUser = 20000;

    /// <summary>As many numbers as any layout has hosts, and all below what a user namespace maps.</summary>
    public const int MostUsers = 40000;

    public const string SharedAddress = "127.0.0.1";
    public const string DedicatedAddress = "127.0.1.1";

    public static string Host(int site) => string.Create(CultureInfo.InvariantCulture, $"s{site}.bench.test");

    public static string Folder(int site) => string.Create(CultureInfo.InvariantCulture, $"{Sites}/{site}");

    public static string Address(Load load) =>
        string.Create(CultureInfo.InvariantCulture, $"http://{(load.Dedicated ? DedicatedAddress : SharedAddress)}:{Port}{load.Path}");

    /// <summary>Files below a site's folder. With very many sites only the first has any: the others are only configured.</summary>
    public static IEnumerable<(string Path, string Text)> SiteFiles(Layout layout, int site)
    {
        if (layout.Sites > 1000 && site > 0)
        {
            yield break;
        }

        yield return ("50.html", Filled(50));
        yield return ("10k.html", Filled(10240));
        yield return ("page.php", "<?php\n$rows = [];\nfor ($i = 0; $i < 100; $i++) {\n    $rows[] = '<li>' . htmlspecialchars(\"row & number $i\") . '</li>';\n}\necho '<ul>', implode(\"\\n\", $rows), '</ul>', \"\\n\";\n");
    }

    /// <summary>
    /// The namespaces' first process. It starts the server as a person would, says after how many milliseconds
    /// the first answer came, and then takes the same signals as the smoke test's.
    /// </summary>
    /// <param name="fpm">The program that runs the pools of <see cref="Pools"/>; null where there are none.</param>
    public static string StartScript(ServerParts parts, string? fpm = null)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line("#!/bin/sh");
        Line("set -eu");
        Line($"place={Place}");
        Line($"httpd='{parts.Binary}'");

        // Room for the crowd, and no more than that: a server may walk through all descriptors there could be.
        Line("ulimit -n 16384 2> /dev/null || ulimit -n \"$(ulimit -Hn)\"");
        foreach (var (name, id) in new[] { (Account, AccountId), (Dispatcher, DispatcherId) })
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"echo '{name}:x:{id}:{id}::/:/bin/false' >> /etc/passwd"));
            Line(string.Create(CultureInfo.InvariantCulture, $"echo '{name}:x:{id}:' >> /etc/group"));
        }

        Line("mkdir -p \"$place/run\" \"$place/logs\"");
        Line($"control() {{ \"$httpd\" -f \"$place/{Configuration}\" -k \"$1\" || echo \"httpd -k $1 failed: $?\"; }}");
        Line("trap 'control graceful' USR1");
        Line("trap 'control stop' USR2");
        Line("trap 'exit 0' TERM");
        Line("began=$(date +%s%N)");
        if (fpm is not null)
        {
            // It comes back when every pool listens.
            Line($"'{fpm}' --daemonize --fpm-config \"$place/{Pools}\"");
        }

        Line($"\"$httpd\" -f \"$place/{Configuration}\" -k start");
        Line("tries=0");
        Line($"until '{parts.LoadTool}' -n 1 http://{SharedAddress}:{Port.ToString(CultureInfo.InvariantCulture)}/50.html > \"$place/logs/first\" 2>&1; do");
        Line("    tries=$((tries + 1))");
        Line("    [ \"$tries\" -lt 3000 ] || { echo 'failed: no answer'; cat \"$place/logs/first\"; exit 1; }");
        Line("    sleep 0.02");
        Line("done");
        Line("now=$(date +%s%N)");
        Line("grep -q '^Non-2xx' \"$place/logs/first\" && { echo 'failed: the first answer is an error'; exit 1; }");
        Line("echo \"started $(((now - began) / 1000000))\"");
        Line("while :; do");
        Line("    sleep 3600 &");
        Line("    wait $! || :");
        Line("done");
        return text.ToString();
    }

    private static string Filled(int length) =>
        string.Concat(Enumerable.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef\n", (length / 49) + 1))[..(length - 1)] + "\n";
}
