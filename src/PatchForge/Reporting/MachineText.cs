using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>What <c>doctor</c> says on standard output.</summary>
public static class MachineText
{
    public static string Of(MachineAnswer answer) =>
        answer.Distribution + "\n\n"
        + TextTable.Of(["", "what", "for", "where, or how to get it"], answer.Facts.Select(fact => (IReadOnlyList<string>)
        [
            fact.Found is not null ? "ok" : fact.Optional ? "-" : "MISSING",
            fact.Name,
            fact.Needed,
            fact.Found ?? fact.Install,
        ]))
        + "\n" + (answer.Ready
            ? "Everything that the main job needs is here; '-' marks what only some uses need.\n"
            : "Install what is MISSING, then run this again.\n");
}
