using System.Diagnostics;
using PatchForge.Seams;

namespace PatchForge.HostTests.Ebuilds;

/// <summary>Just enough of the door to run bash in a test of the room behind it.</summary>
internal sealed class PlainProcesses : IProcesses
{
    public async Task<ProcessAnswer> Run(ProcessRequest request, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(request.Program, request.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = request.WorkingDirectory ?? "",
        };
        if (request.CleanEnvironment)
        {
            start.Environment.Clear();
            start.Environment["PATH"] = "/usr/bin:/bin";
        }

        foreach (var (name, value) in request.Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{request.Program} did not start.");
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (request.TimeLimit is { } time)
        {
            limit.CancelAfter(time);
        }

        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new(137, await output, await error, TimedOut: true);
        }

        return new(process.ExitCode, await output, await error);
    }

    public string? Find(string program) =>
        new[] { "/usr/bin", "/bin" }.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
