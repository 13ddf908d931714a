using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace PatchForge.Attacks;

/// <summary>A file of an attack's run, below <see cref="AttackFiles.Place"/>.</summary>
public sealed record AttackFile(string Path, string Text, bool Executable = false);

/// <summary>The files of a run: configuration, pages, and the script that is the namespaces' first process.</summary>
public static class AttackFiles
{
    /// <summary>Where they are inside the root.</summary>
    public const string Place = "/srv/attack";

    /// <summary>The folder that the tools are compiled into, inside the root; read only there.</summary>
    public const string Tools = "/srv/attack-tools";

    public const string Module = Tools + "/mod_itk_attack.so";
    public const string Start = "start.sh";
    public const string Configuration = "httpd.conf";

    /// <summary>A group that whoever starts the server is in.</summary>
    public const int StartersGroup = 64199;

    /// <summary>What the script answers when the server has refused to start.</summary>
    public const string Refused = "refused";
    public const string Started = "started";

    private static readonly ImmutableArray<string> Secrets = ["of-root", "of-roots-group", "of-starters-group", "of-victim", "of-starter"];

    public static ImmutableArray<AttackFile> Of(AttackRecipe recipe) =>
    [
        new(Configuration, AttackConf.Text(recipe)),
        new("mime.types", "text/html html\ntext/plain txt\n"),
        new(Start, StartScript(recipe), Executable: true),
        .. new[] { recipe.Cast.Attacker, recipe.Cast.Victim }.Select(role => new AttackFile($"sites/{role.Account}/index.html", $"page of {role.Host}\n")),
        new($"sites/{recipe.Cast.Attacker.Account}/ids.php", PhpIds(recipe.Cast)),
        new($"sites/{recipe.Cast.Attacker.Account}/file.php", PhpFile),
        .. Secrets.Select(name => new AttackFile($"secrets/{name}", "secret\n")),
        .. recipe.Setting == AttackSetting.Tls ? PlantedKeys.Files(recipe.Cast) : [],
    ];

    private static string PhpIds(AttackCast cast) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        <?php
        $done = [];
        foreach (['posix_setuid', 'posix_seteuid', 'posix_setgid', 'posix_setegid'] as $call) {
            foreach ([0, {{cast.Victim.Id}}] as $id) {
                if (@$call($id)) { $done[] = "$call($id)"; }
            }
        }
        echo $done ? 'succeeded ' . implode(' ', $done) . ' euid ' . posix_geteuid() : 'denied', "\n";

        """);

    private const string PhpFile = "<?php\n@posix_seteuid(0);\n$text = @file_get_contents('" + Place + "/secrets/of-victim');\necho $text === false ? 'denied' : 'succeeded', \"\\n\";\n";

    /// <summary>
    /// Makes accounts and secrets, starts the server from a session with a key, a group and a descriptor of its
    /// own, and then takes signals: USR1 graceful, USR2 stop, WINCH start; TERM ends it.
    /// </summary>
    private static string StartScript(AttackRecipe recipe)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        var cast = recipe.Cast;
        Line("#!/bin/sh");
        Line("set -eu");
        Line($"place={Place}");
        Line($"httpd='{recipe.Binary}'");

        // The host's NiceValue is worse than this and has to be seen to be kept: whoever runs the tool may be nice himself.
        Line("renice -n 0 -p $$ > /dev/null 2>&1 || :");
        foreach (var role in new[] { cast.Attacker, cast.Victim, cast.Inner, cast.Server, cast.Front })
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"echo '{role.Account}:x:{role.Id}:{role.Id}::/:/bin/false' >> /etc/passwd"));
            Line(string.Create(CultureInfo.InvariantCulture, $"echo '{role.Account}:x:{role.Id}:' >> /etc/group"));
            Line(string.Create(CultureInfo.InvariantCulture, $"echo '{role.Account}-more:x:{role.Group}:{role.Account}' >> /etc/group"));
        }

        Line("mkdir -p \"$place/run\" \"$place/logs\" \"$place/loot\" \"$place/open\"");
        Line("chmod 1777 \"$place/loot\"");
        Line("cd \"$place/secrets\"");
        Line("chmod 0400 of-root of-starter");
        Line("chmod 0040 of-roots-group of-starters-group");
        Line(string.Create(CultureInfo.InvariantCulture, $"chown 0:{StartersGroup} of-starters-group"));
        Line(string.Create(CultureInfo.InvariantCulture, $"chown {cast.Victim.Id}:{cast.Victim.Id} of-victim"));
        Line("chmod 0400 of-victim");

        // Folders of the machine are bound nosuid (Host/Roots/enter.sh); the root's own are not.
        Line("mkdir -p /usr/local/bin");
        Line($"cp {Tools}/itk-regain /usr/local/bin/itk-regain-setuid");
        Line($"cp {Tools}/itk-regain /usr/local/bin/itk-regain-filecaps");
        Line("chmod 4755 /usr/local/bin/itk-regain-setuid");
        Line("cd /");
        foreach (var role in new[] { cast.Attacker, cast.Victim })
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"chown -R {role.Id}:{role.Id} {role.Folder}"));
            Line($"chmod 0700 {role.Folder}");
        }

        if (recipe.Setting == AttackSetting.FewDescriptors)
        {
            Line("ulimit -n 64");
        }

        var without = recipe.Without.IsEmpty ? "" : $"ITK_LAB_WITHOUT={string.Join(',', recipe.Without)} ";
        Line($"serve() {{ {without}setpriv --groups 0,{StartersGroup.ToString(CultureInfo.InvariantCulture)} {Tools}/itk-begin \"$place/secrets/of-starter\" \"$httpd\" -f \"$place/{Configuration}\" -k start; }}");
        Line($"control() {{ \"$httpd\" -f \"$place/{Configuration}\" -k \"$1\" || echo \"httpd -k $1 failed: $?\"; }}");
        Line("trap 'control graceful' USR1");
        Line("trap 'control stop' USR2");
        Line("trap 'rm -f \"$place/run/httpd.pid\"; serve || echo \"start failed: $?\"' WINCH");
        Line("trap 'exit 0' TERM");
        Line($"if {without}\"$httpd\" -f \"$place/{Configuration}\" -t && serve; then");
        Line($"    echo {Started}");
        Line("else");
        Line($"    echo {Refused}");
        Line("    exit 0");
        Line("fi");
        Line("while :; do");
        Line("    sleep 60 &");
        Line("    wait $! || :");
        Line("done");
        return text.ToString();
    }
}
