#pragma warning disable RS0030 // This is the door that the banned symbols point to.
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using PatchForge.Seams;

namespace PatchForge.Host;

/// <summary>
/// Runs programs by argument list. A child that is not interactive leads a session of its own (setsid(1)), so
/// that cancelling reaches everything it started: SIGTERM to the group, and SIGKILL after three seconds.
/// </summary>
public sealed partial class Processes(IStory story) : IProcesses
{
    private const int Sigterm = 15;
    private const int Sigkill = 9;

    // A child that never stops talking does not take the tool's memory: what is beyond this is read and forgotten.
    private const int KeptCharacters = 64 * 1024 * 1024;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    public string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(program) ? program : null;
        }

        // sbin is not on every user's PATH, and chroot(8) and mount(8) live there.
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/sbin:/sbin:/usr/bin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(IsExecutable);
    }

    public async Task<ProcessAnswer> Run(ProcessRequest request, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var program = Find(request.Program) ?? throw Failure.Missing(
            $"the program '{request.Program}' is not on this machine", "`patchforge doctor` says which package has it");
        story.Detail(ShellQuoting.Line(request));

        using var process = new Process { StartInfo = StartInfo(request, program) };
        Start(process, request);
        var leadsGroup = !request.Interactive && Find("setsid") is not null;

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (request.TimeLimit is { } time)
        {
            limit.CancelAfter(time);
        }

        var input = request.Interactive ? Task.CompletedTask : Feed(process, request.Input);
        var output = request.Interactive ? Task.FromResult("") : Collect(process.StandardOutput, request.OnLine);
        var error = request.Interactive ? Task.FromResult("") : Collect(process.StandardError, request.OnLine);
        var timedOut = false;
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            timedOut = !cancel.IsCancellationRequested;
            await End(process, leadsGroup);
        }

        await input;

        // A daemon that the child left behind may hold its pipes for ever; what it writes later is not ours.
        var drained = Task.WhenAll(output, error);
        await Task.WhenAny(drained, Task.Delay(Grace, CancellationToken.None));
        cancel.ThrowIfCancellationRequested();
        return new ProcessAnswer(
            timedOut ? -1 : process.ExitCode,
            output.IsCompletedSuccessfully ? await output : "",
            error.IsCompletedSuccessfully ? await error : "",
            timedOut);
    }

    private ProcessStartInfo StartInfo(ProcessRequest request, string program)
    {
        var setsid = request.Interactive ? null : Find("setsid");
        var info = new ProcessStartInfo(setsid ?? program)
        {
            RedirectStandardInput = !request.Interactive,
            RedirectStandardOutput = !request.Interactive,
            RedirectStandardError = !request.Interactive,
            WorkingDirectory = request.WorkingDirectory ?? "",
            UseShellExecute = false,
        };
        if (!request.Interactive)
        {
            info.StandardOutputEncoding = new UTF8Encoding(false);
            info.StandardErrorEncoding = new UTF8Encoding(false);
        }

        if (setsid is not null)
        {
            info.ArgumentList.Add(program);
        }

        foreach (var argument in request.Arguments)
        {
            info.ArgumentList.Add(argument);
        }

        if (request.CleanEnvironment)
        {
            info.Environment.Clear();
        }

        info.Environment["LC_ALL"] = "C";
        info.Environment["TZ"] = "UTC";
        foreach (var (name, value) in request.Environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    private static void Start(Process process, ProcessRequest request)
    {
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw Failure.Refused($"'{request.Program}' could not be started: {e.Message}", cause: e);
        }
    }

    private static async Task Feed(Process process, ReadOnlyMemory<byte>? input)
    {
        try
        {
            if (input is { } bytes)
            {
                await process.StandardInput.BaseStream.WriteAsync(bytes);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The child did not want its input; its exit code tells whether that was right.
        }
    }

    private static async Task<string> Collect(StreamReader reader, Action<string>? onLine)
    {
        var all = new StringBuilder();
        if (onLine is null)
        {
            var buffer = new char[16 * 1024];
            while (await reader.ReadAsync(buffer) is > 0 and var count)
            {
                all.Append(buffer, 0, Math.Min(count, KeptCharacters - all.Length));
            }

            return all.ToString();
        }

        while (await reader.ReadLineAsync() is { } line)
        {
            if (all.Length + line.Length < KeptCharacters)
            {
                all.Append(line).Append('\n');
            }

            lock (onLine)
            {
                onLine(line);
            }
        }

        return all.ToString();
    }

    private static async Task End(Process process, bool leadsGroup)
    {
        Signal(process, leadsGroup, Sigterm);
        using var grace = new CancellationTokenSource(Grace);
        try
        {
            await process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            // It would not go by itself.
        }

        // The leader may be gone while what it started is not: the group is asked again in any case.
        Signal(process, leadsGroup, Sigkill);
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private static void Signal(Process process, bool leadsGroup, int signal)
    {
        if (leadsGroup)
        {
            _ = Kill(-process.Id, signal);
        }
        else if (!process.HasExited)
        {
            _ = Kill(process.Id, signal);
        }
    }

    private static bool IsExecutable(string file)
    {
        var info = new FileInfo(file);
        const UnixFileMode any = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return info.Exists && (info.ResolveLinkTarget(true) is FileInfo target ? target.UnixFileMode & any : info.UnixFileMode & any) != 0;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
