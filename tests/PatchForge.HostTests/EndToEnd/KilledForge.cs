using System.Globalization;
using PatchForge.Host;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.EndToEnd;

/// <summary>A small package whose commands are ended by kill -9, and which is put back as it was between them.</summary>
internal sealed class KilledForge(TinyForge forge)
{
    /// <summary>The folders that land, each as one.</summary>
    public static readonly string[] Folders = ["patches/tiny/1", "overlay/app-misc/tiny", "metadata/md5-cache/app-misc"];

    /// <summary>The files of each folder, by its path.</summary>
    public Dictionary<string, SortedDictionary<string, string>> States() => Folders.ToDictionary(folder => folder, forge.State);

    public void Save()
    {
        foreach (var folder in Folders)
        {
            Copy(Path.Combine(forge.Home, folder), Saved(folder));
        }
    }

    /// <summary>The folders as they were saved, and nothing of the tool's own.</summary>
    public void Restore()
    {
        foreach (var folder in Folders)
        {
            var full = Path.Combine(forge.Home, folder);
            Directory.Delete(full, recursive: true);
            Copy(Saved(folder), full);
        }

        var work = Path.Combine(forge.Home, ".patchforge");
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>Each folder is as it was or as it shall be.</summary>
    public void AssertWhole(Dictionary<string, SortedDictionary<string, string>> before, Dictionary<string, SortedDictionary<string, string>> after)
    {
        foreach (var (folder, now) in States())
        {
            Assert.True(Same(now, before[folder]) || Same(now, after[folder]), $"{folder} is neither as it was nor as it shall be");
        }
    }

    public static bool Same(SortedDictionary<string, string> one, SortedDictionary<string, string> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.Key == pair.Second.Key && pair.First.Value == pair.Second.Value);

    /// <returns>What the command said, or that it was killed: timeout(1) sends the signal itself, so that nothing of ours gets to soften it.</returns>
    public async Task<ProcessAnswer> KilledAfter(TimeSpan delay, params string[] command)
    {
        var request = Tool.Request(forge, command);
        return await Run(request with
        {
            Program = "timeout",
            Arguments = ["-s", "KILL", string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0.02, delay.TotalSeconds):F3}"), request.Program, .. request.Arguments],
        });
    }

    /// <param name="number">Which of the calls, from 1, ends the command.</param>
    public async Task<ProcessAnswer> KilledAt(string strace, string calls, int number, params string[] command)
    {
        var request = Tool.Request(forge, command);
        return await Run(request with
        {
            Program = strace,
            Arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", $"inject={calls}:signal=SIGKILL:when={number}", request.Program, .. request.Arguments],
        });
    }

    private static Task<ProcessAnswer> Run(ProcessRequest request) => new Processes(new SilentStory()).Run(request, TestContext.Current.CancellationToken);

    private string Saved(string folder) => Path.Combine(forge.Cache, "saved", folder);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
            File.Copy(file, copy);
        }
    }
}
