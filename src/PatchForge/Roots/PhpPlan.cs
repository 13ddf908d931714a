using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Roots;

/// <summary>How PHP is built as a module of a built server, as commands.</summary>
public static class PhpPlan
{
    /// <summary>Inside the root: php.ini is looked for there, and opcache lies beside it.</summary>
    public const string Home = BuildPlan.Prefix + "/php";

    /// <summary>Below the server's folder.</summary>
    public const string Module = "modules/libphp.so";

    public const string Opcache = "php/opcache.so";

    public const string Ini = "php/php.ini";

    /// <summary>A line that says which source package, of which version.</summary>
    public const string Source = "php/source";

    /// <param name="folder">The machine's folder whose <c>tree</c> the sources become, and whose <c>source</c> has the package.</param>
    public static BuildStep Unpack(string control, string folder) =>
        SourcePackagePlan.Unpack(control, "/srv/php/tree", [
            new RootBind(Path.Combine(folder, "source"), SourcePackagePlan.Place),
            new RootBind(folder, "/srv/php", Writable: true),
        ]);

    /// <param name="image">The server's folder on the machine; it is not written to.</param>
    /// <param name="jobs">Compilers at a time; they give way to everything else on the machine.</param>
    public static ImmutableArray<BuildStep> Build(PhpSettings php, string image, int jobs)
    {
        ImmutableArray<RootBind> server = [new RootBind(image, BuildPlan.Prefix)];
        return
        [
            new BuildStep(
                "configure",
                ["nice", "-n", "15", "./configure", "--prefix=" + Home, "--with-config-file-path=" + Home, "--with-apxs2=" + BuildPlan.Prefix + "/bin/apxs", .. php.Configure],
                "checking ") { Binds = server },
            new BuildStep("make", ["nice", "-n", "15", "make", string.Create(CultureInfo.InvariantCulture, $"-j{jobs}")], "--mode=compile") { Binds = server, Limit = TimeSpan.FromMinutes(90) },
        ];
    }

    /// <summary>What the page of <see cref="Try"/> begins its line with; the version and the extensions follow.</summary>
    public const string Said = "php serves: ";

    /// <summary>Starts the server with the module and asks it for a page: what does not serve is not kept.</summary>
    /// <param name="image">The server's folder.</param>
    /// <param name="made">The folder with <see cref="Module"/> and <see cref="Opcache"/>.</param>
    public static BuildStep Try(string image, string made) => Asked(
        [BuildPlan.Prefix + "/bin/httpd", "/srv/php/" + Module, "/srv/php/" + Opcache, "PHPIniDir /tmp/try", "LockFile /tmp/try/lock", "AcceptMutex fcntl"],
        [new RootBind(image, BuildPlan.Prefix), new RootBind(made, "/srv/php")]);

    /// <summary>The same with a module of the root's own, which finds its php.ini where its package put it.</summary>
    /// <param name="image">The server's folder.</param>
    /// <param name="binary">The server, inside the root.</param>
    /// <param name="module">The module's file, inside the root.</param>
    /// <param name="load">What the configuration needs so that anything is served.</param>
    public static BuildStep TryModule(string image, string binary, string module, ImmutableArray<string> load) =>
        Asked([binary, module, "", .. load], [new RootBind(image, BuildPlan.Prefix)]);

    /// <param name="words">The server, the module, opcache where php.ini does not name it, lines of the configuration.</param>
    private static BuildStep Asked(ImmutableArray<string> words, ImmutableArray<RootBind> binds)
    {
        const string script = """
            set -eu
            said=$1 server=$2 module=$3 opcache=$4
            shift 4
            mkdir /tmp/try
            cd /tmp/try
            [ -z "$opcache" ] || echo "zend_extension=$opcache" > php.ini
            echo "<?php echo '$said', PHP_VERSION, ' ', implode(' ', get_loaded_extensions()), ' ', function_exists('opcache_get_status') && opcache_get_status() ? 'cached' : 'uncached', PHP_EOL;" > try.php
            printf '%s\n' "$@" > httpd.conf
            cat >> httpd.conf << END
            ServerRoot /tmp/try
            ServerName localhost
            Listen 127.0.0.1:8080
            User #65534
            Group #65534
            PidFile /tmp/try/pid
            ErrorLog /tmp/try/log
            DocumentRoot /tmp/try
            LoadModule php_module $module
            <Files try.php>
            SetHandler application/x-httpd-php
            </Files>
            END
            "$server" -f /tmp/try/httpd.conf || { cat log; exit 1; }
            perl -MIO::Socket::INET -e '
                for (1 .. 100) {
                    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8080");
                    if ($s) { print $s "GET /try.php HTTP/1.0\r\n\r\n"; print <$s>; exit }
                    select undef, undef, undef, 0.1;
                }' > answer
            cat answer log
            grep -q "^$said.* cached" answer
            """;
        return new BuildStep("try", ["sh", "-c", script, "try", Said, .. words])
        {
            Binds = binds,
            Rights = RootRights.Serve,
            Limit = TimeSpan.FromMinutes(1),
        };
    }

    /// <summary>The text of php.ini.</summary>
    public static string IniText(PhpSettings php) =>
        string.Concat(php.Ini.Prepend($"zend_extension={BuildPlan.Prefix}/{Opcache}").Select(line => line + "\n"));

    /// <summary>
    /// A digest of what PHP sees of a server: httpd's, APR's and apr-util's headers, the module magic number
    /// (ap_mmn.h) among them. The MPM's own headers and the results of configure's tests (ap_config_auto.h) are
    /// not: one module serves every MPM without threads of one httpd, as mod_so says by that number.
    /// </summary>
    public static string Interface(ITree include)
    {
        return RootIdentity.Digest(include.Paths().Where(path => Counts(path.Text)).SelectMany(path =>
            new[] { path.Text, include.Find(path) is { } file ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file.Content.Span)) : "" }));

        static bool Counts(string name) =>
            name is "httpd.h" or "ap_mmn.h" or "ap_config.h"
            || name.StartsWith("http_", StringComparison.Ordinal)
            || name.StartsWith("util_", StringComparison.Ordinal)
            || name.StartsWith("apr", StringComparison.Ordinal)
            || name.StartsWith("apu", StringComparison.Ordinal);
    }
}
