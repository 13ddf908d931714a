using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>A root that has what a build needs.</summary>
/// <param name="Identity">Changes when the root or what was installed in it does.</param>
/// <param name="Installed">What this call installed into a layer; empty when nothing was needed or the layer was there.</param>
public sealed record OpenedRoot(RootTree Tree, string Identity, PackageManager Manager, bool HasPortage, ImmutableArray<string> Installed);

/// <summary>
/// Makes a root ready: finds or creates it, and installs what it lacks with its own package manager, inside,
/// into a layer that later calls use again.
/// </summary>
public sealed class OpenRoot(Outside outside, IRoots roots)
{
    private static readonly TimeSpan s_installLimit = TimeSpan.FromMinutes(60);

    /// <param name="packages">By package manager's name, <c>apt</c> or <c>emerge</c>: BuildSettings.Packages.</param>
    /// <exception cref="Failure">Missing, when this machine or the root cannot do it, saying what it needs.</exception>
    public async Task<OpenedRoot> Run(RootTree tree, ImmutableSortedDictionary<string, ImmutableArray<string>> packages, CancellationToken cancel)
    {
        var ability = await roots.Ability(cancel);
        if (ability is RootAbility.None none)
        {
            throw Failure.Missing(none.Why, none.Hint);
        }

        MadeRoot.PrepareState(roots.StateFolder);
        var manager = RootLook.Manager(tree);
        var identity = RootIdentity.Of(tree);
        var wanted = packages.GetValueOrDefault(manager == PackageManager.None ? "apt" : manager.ToString().ToLowerInvariant(), []);
        var missing = manager == PackageManager.None ? [] : PackagePlan.Missing(tree, manager, wanted);
        if (missing.IsEmpty)
        {
            return new OpenedRoot(tree, identity, manager, RootLook.HasPortage(tree), []);
        }

        if (ability is RootAbility.WithSubordinateIds && tree.Name == "host")
        {
            // Files of the machine's root have no owner in a user namespace; nothing can be installed over them.
            throw Failure.Missing(
                $"building needs {string.Join(", ", missing)}, and an ordinary user cannot install them into a view of this machine's root",
                $"as root: {(manager == PackageManager.Apt ? "apt-get install" : "emerge -1")} {string.Join(' ', missing)}; or run the build as root, which installs nothing on the machine; or use --root stage3:…");
        }

        var key = RootIdentity.OfLayer(identity, manager, missing);
        var layers = Directory.CreateDirectory(Path.Combine(roots.StateFolder, "layers")).FullName;
        var layer = Path.Combine(layers, key);
        var made = false;
        using (await roots.Lock(layer + ".lock", cancel))
        {
            // A folder of this name is a whole layer: it is made under another name and then renamed.
            if (!Directory.Exists(layer))
            {
                await Make(tree, manager, missing, layers, layer, cancel);
                made = true;
            }
        }

        return new OpenedRoot(tree.With(layer), key, manager, RootLook.HasPortage(tree), made ? missing : []);
    }

    private async Task Make(RootTree tree, PackageManager manager, ImmutableArray<string> missing, string layers, string layer, CancellationToken cancel)
    {
        var unfinished = Path.Combine(layers, "unfinished-" + Path.GetFileName(layer));
        await roots.Remove(unfinished, cancel);
        Directory.CreateDirectory(unfinished);
        var log = Path.Combine(Directory.CreateDirectory(Path.Combine(roots.StateFolder, "logs")).FullName, $"packages-{Path.GetFileName(layer)}.log");
        var answer = await outside.Story.During($"installing {string.Join(", ", missing)} inside the root (kept for next time)", async progress =>
        {
            await using var lines = new LogFile(log);
            return await roots.Run(
                new RootRun(tree, RootRights.Packages, PackagePlan.Command(tree, manager, missing))
                {
                    KeepIn = unfinished,
                    TimeLimit = s_installLimit,
                    OnLine = line =>
                    {
                        lines.Write(line);
                        progress.Now(line.Length > 60 ? line[..60] : line);
                    },
                },
                cancel);
        });
        if (!answer.Succeeded)
        {
            await roots.Remove(unfinished, CancellationToken.None);
            throw Failure.Missing(
                $"{string.Join(", ", missing)} could not be installed inside the root {tree.Name}: {LogFile.LastWord(answer)}",
                $"the whole log: {log}. Package sources must be in reach for this one step");
        }

        Directory.Move(unfinished, layer);
    }
}
