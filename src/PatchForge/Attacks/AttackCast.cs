namespace PatchForge.Attacks;

/// <summary>Somebody that the server knows: an account with a group of the same number and one more group.</summary>
public sealed record Role(string Account, string Host, int Id)
{
    public int Group => Id + 1000;

    public string Folder => $"{AttackFiles.Place}/sites/{Account}";
}

/// <summary>Who is who in an attack.</summary>
/// <param name="Attacker">Whoever has code in this host's workers is the attacker.</param>
/// <param name="Victim">Another customer's host.</param>
/// <param name="Inner">The identity of a place below the attacker's host, of which his own code is no part.</param>
/// <param name="Server">User and Group.</param>
/// <param name="Front">ItkDispatcherUser.</param>
public sealed record AttackCast(Role Attacker, Role Victim, Role Inner, Role Server, Role Front)
{
    /// <summary>Ids that no account of a machine is likely to have; nothing depends on which they are.</summary>
    public static AttackCast Usual { get; } = new(
        new Role("pfattacker", "attacker.test", 64101),
        new Role("pfvictim", "victim.test", 64102),
        new Role("pfinner", "attacker.test", 64103),
        new Role("pfserver", "localhost", 64100),
        new Role("pffront", "localhost", 64104));

    /// <summary>What the victim's configuration has in it and nobody else may come to know.</summary>
    public const string Secret = "secret-setting-of-victim-5dd2f7";

    /// <summary>What the attacker writes where others may read it.</summary>
    public const string Mark = "mark-of-attacker-83b1c6";

    /// <summary>Start of the lines that the attacker writes as if they were another's.</summary>
    public const string Forged = "itk-forged-line";

    /// <summary>Hex of each byte's complement: a text that is looked for must not be in the search itself (attack_tell.c).</summary>
    public static string Masked(string text) => Masked([.. text.Select(c => (byte)c)]);

    public static string Masked(byte[] bytes) => string.Concat(bytes.Select(one => ((byte)~one).ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
}
