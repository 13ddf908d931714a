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
        var package = await new FetchSourcePackage(outside, roots).Run(root.Tree, php.Source, php.Version, source, _logs, cancel);
        var (control, version) = (Path.GetFileName(package.File), package.Control.PlainVersion);
        await Do(PhpPlan.Unpack(control, work), null, cancel);
        var tree = Path.Combine(work, "tree");
        await Edit(tree, $"{php.Source} {version}", edits, cancel);
        foreach (var step in PhpPlan.Build(php, image, jobs))
        {
            await Do(step, tree, cancel);
        }

        await Make(tree, $"{php.Source} {version}", cancel);
        await Do(PhpPlan.Try(image, Path.Combine(work, "made")), null, cancel);
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

    /// <param name="tree">What is bound to <see cref="BuildPlan.Tree"/> and worked in; null for nothing.</param>
    private async Task Do(BuildStep step, string? tree, CancellationToken cancel)
    {
        var path = Path.Combine(_logs, step.Name + ".log");
        var answer = await new RootStep(outside, roots).Run(root.Tree, step, tree, $"{step.Name} PHP in {root.Tree.Name}", path, cancel);
        if (!answer.Succeeded)
        {
            throw Failure.Refused($"PHP did not build: {step.Name}: {LogFile.LastWord(answer)}", $"the whole log: {path}");
        }
    }
}
