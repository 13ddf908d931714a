using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>The tree of the root that somebody named.</summary>
internal sealed class FindRoot(Outside outside, IRoots roots, Func<string, string?> variable)
{
    public Task<RootTree> Run(RootSpec spec, CancellationToken cancel) => spec switch
    {
        RootSpec.Host => Task.FromResult(roots.Host()),
        RootSpec.Folder folder => Task.FromResult(roots.Folder(folder.Path)),
        _ => throw Failure.Refused($"{spec}: {outside} {variable} {cancel}"),
    };
}
