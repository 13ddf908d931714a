using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Httpd;

namespace PatchForge.Attacks;

/// <summary>A server to be attacked: where it is, what it has, how it is started.</summary>
/// <param name="Modules">Folder of shared modules inside the root, and the modules' files in it.</param>
/// <param name="Without">Guards that the lab build leaves out.</param>
public sealed record AttackRecipe(
    string Binary,
    string Modules,
    ImmutableArray<string> ModuleFiles,
    int Port,
    AttackModel Model,
    AttackSetting Setting,
    ImmutableArray<string> Without,
    AttackCast Cast)
{
    /// <summary>How the server's configuration is written.</summary>
    public Dialect Dialect { get; init; } = Dialect.Httpd20;

    /// <summary>What its configuration has that no other's has: a peer's module and settings.</summary>
    public ImmutableArray<string> Lines { get; init; } = [];

    /// <summary>The file of mod_php, for <see cref="AttackSetting.Php"/>.</summary>
    public string Php { get; init; } = "";

    public bool HasPools => Model is AttackModel.Pool or AttackModel.Fork;
}

/// <summary>The configuration that an attacked server runs with, and nothing of the one it was installed with.</summary>
public static class AttackConf
{
    /// <summary>Seconds that a head may take: short, for the run waits for it.</summary>
    public const int Timeout = 5;

    private static readonly ImmutableArray<ModuleFile> s_modules =
    [
        new("alias_module", "mod_alias.so"),
        new("cgi_module", "mod_cgi.so"),
        new("dir_module", "mod_dir.so"),
        new("env_module", "mod_env.so"),
        new("log_config_module", "mod_log_config.so"),
        new("mime_module", "mod_mime.so"),
        new("status_module", "mod_status.so"),
    ];

    public static string Text(AttackRecipe recipe)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        foreach (var line in Server(recipe).Concat(Hosts(recipe)).Concat(SecureHosts(recipe)))
        {
            Line(line);
        }

        return text.ToString();
    }

    private static string Address(AttackRecipe recipe) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{recipe.Port}");

    private static IEnumerable<string> Server(AttackRecipe recipe)
    {
        const string place = AttackFiles.Place;
        yield return $"ServerRoot \"{place}\"";
        foreach (var line in recipe.Dialect.Load(recipe.Modules, recipe.ModuleFiles, recipe.Setting == AttackSetting.Tls ? [.. s_modules, .. PlantedKeys.Modules] : s_modules))
        {
            yield return line;
        }

        yield return $"Listen {Address(recipe)}";
        yield return string.Create(CultureInfo.InvariantCulture, $"ServerName localhost:{recipe.Port}");
        yield return $"User {recipe.Cast.Server.Account}";
        yield return $"Group {recipe.Cast.Server.Account}";
        yield return $"PidFile {place}/run/httpd.pid";
        yield return $"ScoreBoardFile {place}/run/scoreboard";

        // 2.0.48's own choice, pthread mutexes, fails with today's libc; fcntl works in every release.
        foreach (var line in recipe.Dialect.AcceptMutex("fcntl", $"{place}/run"))
        {
            yield return line;
        }

        yield return $"ErrorLog {place}/logs/error_log";
        yield return "LogLevel info";
        yield return $"LoadModule itk_attack_module {AttackFiles.Module}";
        if (recipe.Setting == AttackSetting.Php)
        {
            yield return $"LoadModule php_module {recipe.Php}";
        }

        foreach (var line in recipe.Lines)
        {
            yield return line;
        }

        yield return "LogFormat \"%v %p %P \\\"%r\\\" %>s %b\" attack";
        yield return $"CustomLog {place}/logs/access_log attack";
        var crowded = recipe.Setting == AttackSetting.Crowded;
        if (!recipe.HasPools)
        {
            yield return "StartServers 5";
            yield return "MinSpareServers 3";
            yield return "MaxSpareServers 10";
        }

        yield return $"MaxClients {(crowded ? 6 : 40)}";
        if (recipe.HasPools)
        {
            yield return $"ItkModel {(recipe.Model == AttackModel.Pool ? "pool" : "fork")}";
            yield return $"ItkDispatcherUser {(recipe.Setting == AttackSetting.DispatcherIsPool ? recipe.Cast.Victim : recipe.Cast.Front).Account}";
            yield return $"ItkMaxWorkersPerPool {(crowded ? 6 : 8)}";
            yield return "ItkQueueDepth 64";
            if (recipe.Setting == AttackSetting.OneDispatcher)
            {
                yield return "ItkDispatchers 1";
            }

            if (crowded)
            {
                // The other host shall have nobody when the crowd comes.
                yield return "ItkMinSpareWorkers 0";
                yield return "ItkIdleTimeout 1";
            }

            yield return recipe.Setting == AttackSetting.NoNewPrivileges ? "ItkNoNewPrivileges On" : "ItkNoNewPrivileges Off";
        }

        if (recipe.Setting == AttackSetting.OutOfRange)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"LimitUIDRange {recipe.Cast.Victim.Id} {recipe.Cast.Front.Id}");
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"Timeout {Timeout}");
        yield return "KeepAlive On";
        yield return "KeepAliveTimeout 30";
        yield return "MaxKeepAliveRequests 1000";
        yield return "HostnameLookups Off";
        yield return "UseCanonicalName Off";
        yield return $"TypesConfig {place}/mime.types";
        foreach (var line in recipe.Dialect.DefaultType("text/plain"))
        {
            yield return line;
        }

        foreach (var (where, what) in new[] { ("/itk-attack", "itk-attack"), ("/itk-who", "itk-who"), ("/itk-victim", "itk-victim"), ("/inner/itk-who", "itk-who") })
        {
            yield return $"<Location {where}>";
            yield return $"    SetHandler {what}";
            yield return "</Location>";
        }

        // Who serves is asked at a place that every user may enter: a folder's rights would answer for the server.
        yield return $"Alias /itk-who {place}/open/itk-who";
        foreach (var line in recipe.Dialect.NamedHosts(Address(recipe)))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> Hosts(AttackRecipe recipe)
    {
        var (attacker, victim, inner) = (recipe.Cast.Attacker, recipe.Cast.Victim, recipe.Cast.Inner);
        ImmutableArray<string> own = recipe.HasPools && recipe.Setting == AttackSetting.Usual
            ? ["    <Location /inner>", $"        AssignUserID {inner.Account} {inner.Account}", "    </Location>"]
            : [];
        ImmutableArray<string> nice = recipe.Model == AttackModel.Switch ? [] : ["    NiceValue 5"];
        ImmutableArray<string> wrong = recipe.Setting == AttackSetting.WrongContainer
            ? [$"    <Directory {attacker.Folder}>", $"        AssignUserID {inner.Account} {inner.Account}", "    </Directory>"]
            : [];
        ImmutableArray<string> open = recipe.Setting == AttackSetting.OpenLogFolder ? [$"    TransferLog {attacker.Folder}/log"] : [];
        ImmutableArray<string> php = recipe.Setting == AttackSetting.Php
            ? ["    <FilesMatch \\.php$>", "        SetHandler application/x-httpd-php", "    </FilesMatch>"]
            : [];
        var account = recipe.Setting == AttackSetting.RootIdentity ? "root" : attacker.Account;
        var rootGroup = recipe.Setting == AttackSetting.RootGroup ? "root" : null;
        foreach (var line in Host(recipe, attacker, account, [.. nice, .. own, .. wrong, .. open, .. php], rootGroup))
        {
            yield return line;
        }

        var shared = recipe.Setting == AttackSetting.SharedUser ? attacker.Account : victim.Account;
        foreach (var line in Host(recipe, victim, shared, [$"    SetEnv ITK_ATTACK_SECRET {AttackCast.Secret}"], victim.Account))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> SecureHosts(AttackRecipe recipe) => recipe.Setting != AttackSetting.Tls
        ? []
        : PlantedKeys.Host(recipe.Cast.Attacker, recipe.Port + 1).Concat(PlantedKeys.Host(recipe.Cast.Victim, recipe.Port + 2));

    private static IEnumerable<string> Host(AttackRecipe recipe, Role role, string account, ImmutableArray<string> more, string? group = null) =>
    [
        $"<VirtualHost {Address(recipe)}>",
        $"    ServerName {role.Host}",
        $"    DocumentRoot {role.Folder}",
        $"    ErrorLog {AttackFiles.Place}/logs/{role.Host}-error",
        $"    CustomLog {AttackFiles.Place}/logs/{role.Host}-access attack",
        $"    AssignUserID {account} {group ?? account}",
        .. more,
        "</VirtualHost>",
    ];
}
