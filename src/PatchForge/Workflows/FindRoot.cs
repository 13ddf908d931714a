using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>From a root's name on the command line to the root; a stage3 that is not unpacked yet is.</summary>
public sealed class FindRoot(Outside outside, IRoots roots)
{
    /// <param name="text">As <see cref="RootSpec.Parse"/> takes it, or the name of a root that <see cref="CreateRoot"/> made.</param>
    /// <exception cref="Failure">CommandLine, saying which forms there are.</exception>
    public RootSpec Named(string text, string from) =>
        MadeRoot.All(roots.StateFolder).FirstOrDefault(root => root.Name == text) is { } made ? new RootSpec.Folder(made.Root) : RootSpec.Parse(text, from);

    public async Task<RootTree> Run(RootSpec spec, Stage3Trust trust, CancellationToken cancel)
    {
        switch (spec)
        {
            case RootSpec.Host:
                return roots.Host();
            case RootSpec.Folder folder:
                return Folder(folder.Path);
            case RootSpec.Stage3Address { IsIndex: true } index when Latest(index.Address) is { } made:
                // The newest is asked for by `chroot create`; a build goes on with what is there, without a network.
                return roots.Folder(made.Root);
            case RootSpec.Stage3Address { IsIndex: false } address when Made(Path.GetFileName(address.Address.AbsolutePath)) is { } made:
                return roots.Folder(made.Root);
            case RootSpec.Stage3File file when Made(Path.GetFileName(file.Path)) is { } made:
                return roots.Folder(made.Root);
            default:
                return roots.Folder((await new CreateRoot(outside, roots).Run(spec, trust, cancel)).Folder);
        }
    }

    private RootTree Folder(string path)
    {
        if (!Directory.Exists(path))
        {
            throw Failure.Missing($"the root {path} is not there");
        }

        var tree = roots.Folder(path);
        ElfMachine.MustRunHere(tree);
        return tree;
    }

    private MadeRoot? Made(string file)
    {
        var stem = Path.GetFileNameWithoutExtension(Path.GetFileNameWithoutExtension(Stage3Name.Parse(file).File));
        return MadeRoot.All(roots.StateFolder).FirstOrDefault(root => root.Name == stem);
    }

    /// <summary>Of the roots made of an index' stage3s (<c>latest-stage3-amd64-openrc.txt</c>), the last by its stamp.</summary>
    private MadeRoot? Latest(Uri index)
    {
        var name = Path.GetFileNameWithoutExtension(index.AbsolutePath);
        var prefix = (name.StartsWith("latest-", StringComparison.Ordinal) ? name[7..] : name) + "-";
        return MadeRoot.All(roots.StateFolder).LastOrDefault(root => root.Name.StartsWith(prefix, StringComparison.Ordinal) && root.Name.Length == prefix.Length + 16);
    }
}
