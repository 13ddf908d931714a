using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>
/// Puts PHP into a server's folder, building it when no earlier run did. Whoever can go without asks
/// <see cref="BuildPhp"/> first: here a source package out of reach ends the run.
/// </summary>
public sealed class AddPhp : IImageStep
{
    private readonly Outside _outside;
    private readonly IRoots _roots;
    private readonly string _home;
    private readonly LabSettings _lab;

    private AddPhp(Outside outside, IRoots roots, string home, LabSettings lab, string identity)
    {
        _outside = outside;
        _roots = roots;
        _home = home;
        _lab = lab;
        Identity = identity;
    }

    public string Name => "php";

    public string Identity { get; }

    /// <exception cref="Failure">Missing: the settings say nothing of PHP; Refused: its patches cannot be read.</exception>
    public static async Task<AddPhp> Of(Outside outside, IRoots roots, string home, LabSettings lab, CancellationToken cancel)
    {
        var php = lab.Php ?? throw Failure.Missing("the settings say nothing of PHP", "docs/settings.md, lab.php");
        return new AddPhp(outside, roots, home, lab, BuildPhp.Identity(php, BuildPhp.Edits(home, lab, php, cancel)));
    }

    public async Task Add(OpenedRoot root, BuiltVariant built, string image, CancellationToken cancel)
    {
        switch (await new BuildPhp(_outside, _roots).Run(new BuildPhpRequest(_home, _lab, root.Tree, image), cancel))
        {
            case PhpOutcome.Built php:
                Copy(php.Folder, image);
                break;
            case PhpOutcome.OutOfReach missing:
                throw Failure.Missing(missing.Why, missing.Hint);
        }
    }

    private static void Copy(string folder, string image)
    {
        foreach (var name in new[] { PhpPlan.Module, PhpPlan.Opcache, PhpPlan.Ini, PhpPlan.Source })
        {
            var to = Path.Combine(image, name);
            Directory.CreateDirectory(Path.GetDirectoryName(to) ?? image);
            File.Copy(Path.Combine(folder, name), to, overwrite: true);
        }
    }
}
