using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>A way of serving each site as its own user. docs/mpm-itk.md has what each promises.</summary>
public enum AttackModel
{
    Pool,
    Fork,
    Classic,
    Switch,

    /// <summary>The original, as a distribution's package has it, on httpd's own prefork: a peer, not ours.</summary>
    MpmItk,
}

/// <summary>Models by the names that people see.</summary>
public static class AttackModels
{
    public static string Name(AttackModel model) => model == AttackModel.MpmItk ? "mpm-itk" : model.ToString().ToLowerInvariant();
}

/// <summary>What came, or has to come, of an attack.</summary>
public enum Outcome
{
    /// <summary>It was tried and did not get what it wanted.</summary>
    Stopped,

    /// <summary>It got what it wanted.</summary>
    Succeeded,

    /// <summary>It could not be tried, with a reason.</summary>
    Skipped,

    /// <summary>The run broke before it or in it.</summary>
    NotRun,
}

/// <summary>What has to come of an attack on a model.</summary>
public enum Expectation
{
    Stopped,

    /// <summary>It is known to get through; a model that stopped it would make the documents wrong.</summary>
    Succeeds,

    /// <summary>The model has nothing that it could be tried on.</summary>
    NotAsked,
}

/// <summary>The expectations of one attack, by model.</summary>
public sealed record Expectations(Expectation Pool, Expectation Fork, Expectation Classic, Expectation Switch)
{
    /// <summary>Of the peer; its table is <see cref="CatalogPeers"/>.</summary>
    public Expectation MpmItk { get; init; } = Expectation.NotAsked;

    /// <summary>Stopped everywhere: what the kernel or httpd itself sees to.</summary>
    public static Expectations Everywhere { get; } = new(Expectation.Stopped, Expectation.Stopped, Expectation.Stopped, Expectation.Stopped);

    /// <summary>The switch experiment alone lets it through: its workers can be root again.</summary>
    public static Expectations ButSwitch { get; } = Everywhere with { Switch = Expectation.Succeeds };

    /// <summary>What the pool model came for: neither classic nor switch stops it.</summary>
    public static Expectations PoolsOnly { get; } = ButSwitch with { Classic = Expectation.Succeeds };

    /// <summary>It is about something that only the pool and fork models have.</summary>
    public static Expectations OfPools { get; } = Everywhere with { Classic = Expectation.NotAsked, Switch = Expectation.NotAsked };

    /// <summary>No model stops it, and the trust page says so.</summary>
    public static Expectations Nowhere { get; } = new(Expectation.Succeeds, Expectation.Succeeds, Expectation.Succeeds, Expectation.Succeeds);

    public Expectation Of(AttackModel model) => model switch
    {
        AttackModel.Pool => Pool,
        AttackModel.Fork => Fork,
        AttackModel.Classic => Classic,
        AttackModel.MpmItk => MpmItk,
        _ => Switch,
    };
}

/// <summary>How the server is started for an attack; attacks of one setting share a server.</summary>
public enum AttackSetting
{
    Usual,

    /// <summary>One dispatcher, so that connections have one table.</summary>
    OneDispatcher,

    /// <summary>Few workers in all, and a pool may have all of them.</summary>
    Crowded,

    /// <summary>ItkNoNewPrivileges is on.</summary>
    NoNewPrivileges,

    /// <summary>The server may open few descriptors.</summary>
    FewDescriptors,

    /// <summary>A host is assigned to root.</summary>
    RootIdentity,

    /// <summary>A host is assigned to group 0.</summary>
    RootGroup,

    /// <summary>A host is assigned to a user outside of LimitUIDRange.</summary>
    OutOfRange,

    /// <summary>Two hosts with one uid and different groups.</summary>
    SharedUser,

    /// <summary>ItkDispatcherUser is the user of a host.</summary>
    DispatcherIsPool,

    /// <summary>AssignUserID in a container that is no Location.</summary>
    WrongContainer,

    /// <summary>A host's user may write to the folder of its log.</summary>
    OpenLogFolder,

    /// <summary>PHP in the server's processes.</summary>
    Php,

    /// <summary>Each of the hosts with TLS as well, and a private key of its own.</summary>
    Tls,
}

/// <summary>Something that is done to a running server, as data. Ids are the same in every run.</summary>
/// <param name="Tries">What the attacker wants, as a sentence for people.</param>
/// <param name="Must">What has to happen instead.</param>
/// <param name="Source">Where it comes from: a CVE, a peer's hole in the research, the specification.</param>
/// <param name="Point">Of the eight under "What must hold".</param>
/// <param name="Guards">What stops it, by the names in the sources; several when each of them would do alone.</param>
public sealed record Attack(string Id, string Tries, string Must, string Source, int Point, ImmutableArray<string> Guards, Means Means, Expectations Expected)
{
    public AttackSetting Setting { get; init; }

    /// <summary>Why no guard can be taken out for it; null when <see cref="Guards"/> has some.</summary>
    public string? Unguarded { get; init; }

    /// <summary>Why a model is not asked, or why it lets the attack through.</summary>
    public string? Why { get; init; }

    /// <summary>What the expectation of the peer rests on; null where it is not asked.</summary>
    public string? Peer { get; init; }
}
