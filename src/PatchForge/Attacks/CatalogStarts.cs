using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Point 8 and the directives: configurations that must not start; and pages of a customer's own.</summary>
internal static class CatalogStarts
{
    public static ImmutableArray<Attack> All { get; } =
    [
        Start("start-root", "have a host served as root", AttackSetting.RootIdentity, "") with
        {
            Guards = [],
            Unguarded = "the look at folders that a host's user may write to refuses root as well; start-root-group shows the guard",
            Expected = Expectations.Everywhere,
        },
        Start("start-root-group", "have a host served with group 0", AttackSetting.RootGroup, "uid-zero") with { Expected = Expectations.Everywhere },
        Start("start-range", "have a host served by a user outside of LimitUIDRange", AttackSetting.OutOfRange, "ids-range") with
        {
            Expected = Expectations.Everywhere with { Switch = Expectation.NotAsked },
            Why = "switch has no ranges",
        },
        Start("start-shared", "have two pools of one uid", AttackSetting.SharedUser, "") with
        {
            Guards = [],
            Unguarded = "ItkShareUid On takes it out, by an administrator's own word",
        },
        Start("start-dispatcher", "have a host served by the dispatcher's user", AttackSetting.DispatcherIsPool, "") with
        {
            Guards = [],
            Unguarded = "it is a check of the configuration's, with its own tests",
        },
        Start("start-container", "have AssignUserID in a Directory, where the user is known too late", AttackSetting.WrongContainer, "") with
        {
            Guards = [],
            Unguarded = "it is a check of the configuration's, with its own tests",
            Expected = Expectations.Everywhere,
        },
        Start("start-log-folder", "have root open a log in a folder that the host's user may write to", AttackSetting.OpenLogFolder, "") with
        {
            Guards = [],
            Unguarded = "it is a check of the configuration's, with its own tests",
        },
        Page("php-ids", "posix_setuid(0) and its kin from a PHP page", "each answers false", "/ids.php", "the post's own example", ["setuid"]) with { Expected = Expectations.ButSwitch },
        Page("php-file", "read the other host's file from a PHP page", "it cannot be opened", "/file.php", "specification, point 4", ["capabilities"]) with
        {
            Guards = [],
            Unguarded = "PHP has no call for the capability that the guard leaves; file-victim shows it",
            Expected = Expectations.ButSwitch,
        },
        new(
            "php-opcache",
            "write to the opcode cache, where other hosts' compiled scripts are",
            "it is the worker's own copy",
            "specification, drop: a forked child could rewrite another tenant's bytecode",
            3,
            ["mappings"],
            new Means.Inside("memory-shared", Then: Aftermath.MarkIsSeen),
            Expectations.PoolsOnly)
        {
            Why = "a worker of classic shares one page with the child that waits for it",
            Setting = AttackSetting.Php,
        },
    ];

    private static Attack Start(string id, string tries, AttackSetting setting, string guard) =>
        new(id, tries, "the server says why and does not start", "research 3.1 (4); specification, directives", 8, [guard], new Means.Starts(), Expectations.OfPools)
        {
            Setting = setting,
            Why = "only these models have pools",
        };

    private static Attack Page(string id, string tries, string must, string path, string source, ImmutableArray<string> guards) =>
        new(id, tries, must, source, 1, guards, new Means.Page(path), Expectations.ButSwitch) { Setting = AttackSetting.Php };
}
