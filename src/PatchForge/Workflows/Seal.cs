using System.Collections.Immutable;
using System.Reflection;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>
/// A bash script where it can do no harm: a root of its own in which there are this machine's programs and the
/// folders named, all read-only, with no network, no other process to be seen and no capability
/// (Ebuilds/sealed.bash, unshare(1), setpriv(1)). An ordinary user gets it through a user namespace. Where the
/// machine allows none of that, the network at least is taken away where it can be.
/// </summary>
internal sealed class Seal
{
    private readonly IProcesses _processes;
    private readonly Lazy<Task<ImmutableArray<string>>> _unshare;

    public Seal(IProcesses processes)
    {
        _processes = processes;
        _unshare = new(Try);
    }

    /// <summary>A script that the tool was built with.</summary>
    public static string Script(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("PatchForge.Ebuilds." + name)
            ?? throw new InvalidOperationException($"The program was built without {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The request that runs the script in the seal, with standard input empty and the tool's environment not inherited.</summary>
    /// <param name="folder">The script's own folder; a folder <c>root</c> is made in it.</param>
    /// <param name="script">A file in <paramref name="folder"/>.</param>
    /// <param name="visible">Further folders that the script may read.</param>
    public async Task<ProcessRequest> Around(string folder, string script, IEnumerable<string> visible)
    {
        ImmutableArray<string> bash = ["bash", "--noprofile", "--norc"];
        var unshare = await _unshare.Value;
        ImmutableArray<string> command = unshare.Contains("--mount")
            ? [.. unshare, .. Sealed(bash, folder, visible), .. bash, script]
            : [.. unshare, .. bash, script];
        return new ProcessRequest(command[0], command[1..]) { CleanEnvironment = true, WorkingDirectory = folder };
    }

    private static ImmutableArray<string> Sealed(ImmutableArray<string> bash, string folder, IEnumerable<string> visible)
    {
        var script = Path.Combine(folder, "sealed.bash");
        File.WriteAllText(script, Script("sealed.bash"));
        var root = Directory.CreateDirectory(Path.Combine(folder, "root")).FullName;
        return [.. bash, script, root, string.Join('\n', visible.Prepend(folder))];
    }

    /// <summary>The strongest of the three that works here, as the words before bash.</summary>
    private async Task<ImmutableArray<string>> Try()
    {
        if (_processes.Find("unshare") is null)
        {
            return [];
        }

        ImmutableArray<string> whole = ["unshare", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--user", "--map-root-user"],
            "--net", "--mount", "--pid", "--fork", "--kill-child", "--"];
        var folder = Directory.CreateTempSubdirectory("patchforge-seal-");
        try
        {
            if (await Works([.. whole, .. Sealed(["bash", "--noprofile", "--norc"], folder.FullName, []), "bash", "-c", ":"]))
            {
                return whole;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return await Works(["unshare", "--net", "--", "true"]) ? ["unshare", "--net", "--"] : [];
    }

    private async Task<bool> Works(ImmutableArray<string> command) =>
        (await _processes.Run(new ProcessRequest(command[0], command[1..]) { CleanEnvironment = true }, CancellationToken.None)).Succeeded;
}
