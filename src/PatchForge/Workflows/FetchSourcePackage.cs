using PatchForge.Releases;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>A source package on this machine; every file that its control file names is there and is what it says.</summary>
/// <param name="File">The control file; the others lie beside it.</param>
internal sealed record FetchedPackage(string File, SourceControl Control);

/// <summary>Fetches a distribution's source package by the client of a root that has one, and checks it.</summary>
internal sealed class FetchSourcePackage(Outside outside, IRoots roots)
{
    /// <param name="version">What the version is or begins with; the newest that can be had is taken.</param>
    /// <param name="folder">Gets the files; empty.</param>
    /// <param name="logs">The folder for the step's log.</param>
    /// <exception cref="Failure">Missing: no such package is in reach, with the client's reason; Refused: a file is not what the control file says.</exception>
    public async Task<FetchedPackage> Run(RootTree root, string package, string version, string folder, string logs, CancellationToken cancel)
    {
        var step = SourcePackagePlan.Fetch(package, version, folder);
        var log = Path.Combine(logs, step.Name + ".log");
        var answer = await new RootStep(outside, roots).Run(root, step, null, $"fetching the source package {package} {version} in {root.Name}", log, cancel);
        if (!answer.Succeeded)
        {
            throw Failure.Missing(
                $"the source package {package} {version} is not in reach of the root {root.Name}: {step.Name}: {LogFile.LastWord(answer)}",
                $"the root's package sources must be in reach for this one step; the whole log: {log}");
        }

        if (Directory.GetFiles(folder, "*.dsc") is not [var file])
        {
            throw Failure.Refused($"the source package {package} {version} came without its control file, or with two", $"the whole log: {log}");
        }

        var control = SourceControl.Parse(Path.GetFileName(file), await File.ReadAllTextAsync(file, cancel));
        if (control.Source != package)
        {
            throw Failure.Refused($"the source package that came for {package} is {control.Source}", $"the whole log: {log}");
        }

        foreach (var wanted in control.Files)
        {
            await Check(wanted, Path.Combine(folder, wanted.Name), cancel);
        }

        return new FetchedPackage(file, control);
    }

    private static async Task Check(SourceFile wanted, string file, CancellationToken cancel)
    {
        var complaint = !File.Exists(file)
            ? $"{wanted.Name} did not come with its source package"
            : SourceControl.Complaint(wanted, await FileDigests.OfFile(file, [DigestAlgorithm.Sha256], null, cancel));
        if (complaint is not null)
        {
            throw Failure.Refused(complaint, "do not use this source package; fetch it again");
        }
    }
}
