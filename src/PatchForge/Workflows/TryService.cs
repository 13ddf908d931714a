using System.Collections.Immutable;
using PatchForge.Seams;
using PatchForge.Smoke;

namespace PatchForge.Workflows;

/// <summary>Starts and stops an installed package's service in the root by its init script, and asks it.</summary>
internal sealed class TryService(Outside outside, IRoots roots)
{
    /// <summary>Starts, restarts and stops take seconds; this ends a run in which something hangs.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    /// <param name="installed">The layer that the package was merged into.</param>
    /// <param name="service">The init script's name.</param>
    /// <param name="ownUsers">Whether the server serves each host as a user of its own.</param>
    public async Task<ImmutableArray<Verdict>> Run(RootTree root, string installed, string service, bool ownUsers, string title, CancellationToken cancel)
    {
        var verdicts = ImmutableArray.CreateBuilder<Verdict>();
        var tls = File.Exists(Path.Combine(installed, "0", "etc", "apache2", "modules.d", "40_mod_ssl.conf"));
        var log = Path.Combine(Directory.CreateDirectory(Path.Combine(roots.StateFolder, "logs")).FullName, $"service-{title.Replace(' ', '-')}.log");
        var answer = await outside.Story.During($"service of {title}", async progress =>
        {
            await using var lines = new LogFile(log);
            return await roots.Run(
                new RootRun(root.With(installed), RootRights.Serve, ["sh", "-c", ServiceScript.Text, "service", service, ownUsers ? "own" : "one", tls ? "tls" : "plain"])
                {
                    TimeLimit = s_limit,
                    OnLine = line =>
                    {
                        lines.Write(line);
                        if (ServiceScript.Read(line) is { } verdict)
                        {
                            verdicts.Add(verdict);
                            progress.Now(verdict.Name);
                        }
                    },
                },
                cancel);
        });
        var names = ServiceScript.Names(ownUsers, tls);
        if (!verdicts.Select(verdict => verdict.Name).SequenceEqual(names))
        {
            verdicts.Add(new Verdict("service", $"every one of {names.Length} probes is asked", $"{LogFile.LastWord(answer)}; log: {log}", false));
        }

        return verdicts.ToImmutable();
    }
}
