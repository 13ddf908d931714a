using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>Something that is added to a built server, such as a module that httpd does not carry.</summary>
public interface IImageStep
{
    /// <summary>One word, for messages.</summary>
    string Name { get; }

    /// <summary>A digest of all that the result depends on besides the image.</summary>
    string Identity { get; }

    /// <summary>Adds it to the folder <paramref name="image"/>, a copy that nobody else sees; bound writable to <see cref="BuildPlan.Prefix"/> it is the server.</summary>
    /// <exception cref="Failure">When it cannot; the copy is thrown away.</exception>
    Task Add(OpenedRoot root, BuiltVariant built, string image, CancellationToken cancel);
}

/// <summary>Runs a step on a copy of an image, and keeps the copy under a digest of both: whole or not at all.</summary>
internal sealed class ExtendImage(Outside outside, IRoots roots)
{
    public async Task<BuiltVariant> Run(OpenedRoot root, BuiltVariant built, IImageStep step, CancellationToken cancel)
    {
        var began = outside.Clock.Elapsed;
        var from = built.Image ?? throw new InvalidOperationException("Only what was built is extended.");
        var source = Path.GetFileName(Path.GetDirectoryName(from)) ?? throw new InvalidOperationException("An image lies below its key.");
        var images = Path.Combine(roots.StateFolder, "images");
        var kept = Path.Combine(images, RootIdentity.Digest([source, root.Identity, step.Name, step.Identity]));
        using var held = await roots.Lock(Path.Combine(roots.StateFolder, "builds", Path.GetFileName(kept) + ".lock"), cancel);
        if (Directory.Exists(kept))
        {
            return built with { Image = Path.Combine(kept, "image"), Took = TimeSpan.Zero };
        }

        var unfinished = Path.Combine(images, "unfinished-" + Path.GetFileName(kept));
        await roots.Remove(unfinished, cancel);
        try
        {
            var image = Path.Combine(Directory.CreateDirectory(unfinished).FullName, "image");
            await CopyTree.Run(outside.Processes, from, image, cancel);
            await outside.Story.During($"{step.Name} for {built.Variant}", _ => Add(root, built, step, image, cancel));
            Directory.Move(unfinished, kept);
        }
        finally
        {
            await roots.Remove(unfinished, CancellationToken.None);
        }

        return built with { Image = Path.Combine(kept, "image"), Reused = false, Took = outside.Clock.Elapsed - began };
    }

    private static async Task<bool> Add(OpenedRoot root, BuiltVariant built, IImageStep step, string image, CancellationToken cancel)
    {
        await step.Add(root, built, image, cancel);
        return true;
    }
}

/// <summary>A folder copied with modes, links and the times that make goes by.</summary>
internal static class CopyTree
{
    /// <exception cref="Failure">Refused, with what cp(1) said.</exception>
    public static async Task Run(IProcesses processes, string from, string to, CancellationToken cancel)
    {
        // The source's owner is of no account inside.
        var answer = await processes.Run(new ProcessRequest("cp", "-R", "-P", "--preserve=mode,timestamps,links", "--no-target-directory", "--", from, to), cancel);
        if (!answer.Succeeded)
        {
            throw Failure.Refused($"{from} could not be copied: {answer.Error.Trim()}");
        }
    }
}
