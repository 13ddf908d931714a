using System.Collections.Immutable;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>One build of PHP, from the source package to the folder <c>made</c> below <paramref name="work"/>.</summary>
/// <param name="image">The server's folder; it is not written to.</param>
internal sealed class PhpRun(Outside outside, IRoots roots, OpenedRoot root, PhpSettings php, string image, string work)
{
    private readonly string _logs = Directory.CreateDirectory(Path.Combine(roots.StateFolder, "logs", "php")).FullName;

    public async Task Run(LoadedSeries edits, int jobs, CancellationToken cancel)
    {
        var source = Directory.CreateDirectory(Path.Combine(work, "source")).FullName;
        await Do(SourcePackagePlan.Fetch(php.Source, php.Version, source), null, Unreachable, cancel);
        var control = Path.GetFileName(Directory.EnumerateFiles(source, "*.dsc").Single());
        var version = SourcePackagePlan.Version(control);
        await Do(PhpPlan.Unpack(control, work), null, Broken, cancel);
        var tree = Path.Combine(work, "tree");
        await Edit(tree, $"{php.Source} {version}", edits, cancel);
        foreach (var step in PhpPlan.Build(php, image, jobs))
        {
            await Do(step, tree, Broken, cancel);
        }

        await Make(tree, $"{php.Source} {version}", cancel);
        await Do(PhpPlan.Try(image, Path.Combine(work, "made")), null, Broken, cancel);
    }

    private async Task Make(string tree, string source, CancellationToken cancel)
    {
        var made = Path.Combine(work, "made");
        foreach (var (from, to) in new[] { ("libs/libphp.so", PhpPlan.Module), ("modules/opcache.so", PhpPlan.Opcache) })
        {
            var path = Path.Combine(made, to);
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? made);
            File.Copy(Path.Combine(tree, from), path);
        }

        await File.WriteAllTextAsync(Path.Combine(made, PhpPlan.Ini), PhpPlan.IniText(php), cancel);
        await File.WriteAllTextAsync(Path.Combine(made, PhpPlan.Source), source + "\n", cancel);
    }

    /// <summary>Our edits, by our own engine: one that does not fit the distribution's version says where.</summary>
    private static async Task Edit(string tree, string release, LoadedSeries edits, CancellationToken cancel)
    {
        var patched = ApplySeries.Run(new MoveRequest(release, new DirectoryTree(tree), edits), cancel).Tree;
        foreach (var (path, file) in patched.Changes)
        {
            var name = Path.Combine(tree, path.Text);
            if (file is null)
            {
                File.Delete(name);
            }
            else
            {
                await File.WriteAllBytesAsync(name, file.Content.ToArray(), cancel);
            }
        }
    }

    private Failure Unreachable(string why, string log) => Failure.Missing(
        $"the source package {php.Source} {php.Version} is not in reach of the root {root.Tree.Name}: {why}",
        $"the root's package sources must be in reach for this one step; the whole log: {log}");

    private Failure Broken(string why, string log) => Failure.Refused($"PHP did not build: {why}", $"the whole log: {log}");

    /// <param name="tree">What is bound to <see cref="BuildPlan.Tree"/> and worked in; null for nothing.</param>
    private async Task Do(BuildStep step, string? tree, Func<string, string, Failure> failed, CancellationToken cancel)
    {
        var path = Path.Combine(_logs, step.Name + ".log");
        long counted = 0;
        var answer = await outside.Story.During($"{step.Name} PHP in {root.Tree.Name}", async progress =>
        {
            await using var log = new LogFile(path);
            return await roots.Run(
                new RootRun(root.Tree, step.Rights, step.Command)
                {
                    Binds = [.. tree is null ? ImmutableArray<RootBind>.Empty : [new RootBind(tree, BuildPlan.Tree, Writable: true)], .. step.Binds],
                    WorkingDirectory = tree is null ? "/" : BuildPlan.Tree,
                    Environment = step.Environment,
                    TimeLimit = step.Limit,
                    OnLine = line =>
                    {
                        log.Write(line);
                        if (step.Counts is { } mark && line.Contains(mark, StringComparison.Ordinal))
                        {
                            progress.Report(Interlocked.Increment(ref counted), null);
                        }
                    },
                },
                cancel);
        });
        if (!answer.Succeeded)
        {
            throw failed($"{step.Name}: {LogFile.LastWord(answer)}", path);
        }
    }
}
