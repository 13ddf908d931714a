using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PatchForge.Smoke;

/// <summary>A file of a smoke test, below <see cref="Recipe.Place"/>.</summary>
public sealed record SmokeFile(string Path, string Text, bool Executable = false);

/// <summary>The files of a smoke test: configuration, sites, scripts, and the script that is the namespaces' first process.</summary>
public static class SmokeFiles
{
    public const string Start = "start.sh";
    public const string Configuration = "httpd.conf";

    public static ImmutableArray<SmokeFile> Of(Recipe recipe) =>
    [
        new(Configuration, HttpdConf.Text(recipe)),
        new("mime.types", "text/html html\ntext/plain txt\n"),
        new(Start, StartScript(recipe), Executable: true),
        .. recipe.Sites.SelectMany(site => OfSite(recipe, site)),
        .. recipe.HasTls ? recipe.Sites.Select(site => new SmokeFile($"sites/{site.Host}/cgi/secure", SecureClient(recipe, site), true)) : [],
    ];

    /// <summary>
    /// A client of the site's own, with the root's openssl(1): for each version of TLS that is to be spoken who runs a
    /// script and whether a session is taken up again, and for the others that they are refused; all in one line.
    /// </summary>
    private static string SecureClient(Recipe recipe, Site site) => Script(
        "session=$(mktemp)",
        string.Create(CultureInfo.InvariantCulture, $"ask() {{ printf 'GET /cgi/ids HTTP/1.1\r\nHost: {site.Host}\r\nConnection: close\r\n\r\n' | timeout 10 openssl s_client -connect 127.0.0.1:{recipe.SecurePort(site)} -ign_eof \"$@\" 2>&1; }}"),
        "for version in 1_2 1_3; do",
        "    printf 'tls%s %s' $version \"$(ask -tls$version -sess_out \"$session\" | grep '^ids' | tr -d '\\r')\"",
        "    ask -tls$version -sess_in \"$session\" | grep -q '^Reused' && printf ' reused '",
        "done",
        "for version in 1 1_1; do",
        "    ask -tls$version -cipher ALL:@SECLEVEL=0 | grep -q '^ids' || printf 'tls%s refused ' $version",
        "done",
        "rm -f \"$session\"",
        "echo end");

    private static IEnumerable<SmokeFile> OfSite(Recipe recipe, Site site)
    {
        var below = $"sites/{site.Host}/";
        yield return new(below + "htdocs/index.html", $"<p>{site.Page}</p>\n");
        yield return new(below + "htdocs/private.txt", site.Secret + "\n");
        yield return new(below + "cgi/echo", Script("printf 'echo:'", "cat"), true);
        yield return new(below + "cgi/slow", Script("echo begun", "sleep 2", "echo finished"), true);
        yield return new(
            below + "cgi/ids",
            Script("set -- $(id -G | tr ' ' '\\n' | sort -n)", "echo \"ids uid=$(id -u) gid=$(id -g) groups=$* end\""),
            true);
        foreach (var other in recipe.Sites.Where(other => other != site))
        {
            yield return new(below + "cgi/read-" + other.Host, Script($"cat {other.Folder}/htdocs/private.txt 2>&1 || echo refused"), true);
        }
    }

    private static string Script(params ReadOnlySpan<string> lines) =>
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n" + string.Join('\n', lines.ToArray()) + "\n";

    /// <summary>
    /// Makes accounts (what is written to /etc is gone with the root), gives each site's folder to its user with
    /// nothing for anyone else, starts the server as a person would, and then takes three signals: USR1 for
    /// <c>-k graceful</c>, HUP for <c>-k restart</c>, USR2 for <c>-k stop</c>; TERM ends it.
    /// </summary>
    private static string StartScript(Recipe recipe)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line("#!/bin/sh");
        Line("set -eu");
        Line($"place={Recipe.Place}");
        Line($"httpd='{recipe.Binary}'");
        foreach (var site in recipe.Sites.Prepend(recipe.Server).Append(Recipe.Dispatcher).DistinctBy(site => site.Account))
        {
            Line($"sed -i '/^{site.Account}:/d' /etc/passwd /etc/group"); // a root may have one of that name
            Line(string.Create(CultureInfo.InvariantCulture, $"echo '{site.Account}:x:{site.Ids.Uid}:{site.Ids.Gid}::/:/bin/false' >> /etc/passwd"));
            Line(string.Create(CultureInfo.InvariantCulture, $"echo '{site.Account}:x:{site.Ids.Gid}:' >> /etc/group"));
            foreach (var group in site.Ids.Groups.Where(group => group != site.Ids.Gid))
            {
                Line(string.Create(CultureInfo.InvariantCulture, $"echo '{site.Account}-{group}:x:{group}:{site.Account}' >> /etc/group"));
            }
        }

        Line("mkdir -p \"$place/run\" \"$place/logs\"");
        if (recipe.HasTls)
        {
            Line("mkdir -m 0700 \"$place/keys\"");
            foreach (var site in recipe.Sites)
            {
                Line($"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={site.Host} -keyout \"$place/keys/key\" -out \"$place/keys/certificate\" 2> /dev/null");
                Line($"cat \"$place/keys/key\" \"$place/keys/certificate\" > \"$place/keys/{site.Host}.pem\"");
            }
        }

        foreach (var site in recipe.Sites)
        {
            // A pattern that tells a byte's place, so that a file cut or sent twice is seen.
            Line($"seq -f %015.0f {(Recipe.BigFile / 16).ToString(CultureInfo.InvariantCulture)} > {site.Folder}/htdocs/big.txt");
            foreach (var other in recipe.Sites.Where(other => other != site))
            {
                Line($"ln -s ../../{other.Host}/htdocs/private.txt {site.Folder}/htdocs/link-{other.Host}");
            }

            Line(string.Create(CultureInfo.InvariantCulture, $"chown -R -h {site.Ids.Uid}:{site.Ids.Gid} {site.Folder}"));
            Line($"chmod -R u=rwX,go={(recipe.Removed == RemovedGuard.FolderPermissions ? "rX" : "")} {site.Folder}");
        }

        Line($"control() {{ \"$httpd\" -f \"$place/{Configuration}\" -k \"$1\" || echo \"httpd -k $1 failed: $?\"; }}");
        Line("trap 'control graceful' USR1");
        Line("trap 'control restart' HUP");
        Line("trap 'control stop' USR2");
        Line("trap 'exit 0' TERM");
        Line($"\"$httpd\" -f \"$place/{Configuration}\" -t");
        Line($"\"$httpd\" -f \"$place/{Configuration}\" -k start");
        Line("echo started");
        Line("while :; do");
        Line("    sleep 60 &");
        Line("    wait $! || :");
        Line("done");
        return text.ToString();
    }
}
