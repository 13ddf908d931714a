using System.Diagnostics;
using System.Text;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;

namespace PatchForge.HostTests.Oracle;

/// <summary>The real git apply and GNU patch, run on a directory of their own.</summary>
internal sealed class Tool(string program, params string[] arguments)
{
    public static readonly Tool GitApply = new("git", "apply", "-p1", "--whitespace=nowarn", "-");
    public static readonly Tool GnuPatch = new("patch", "-p1", "-F0", "-f", "-s", "--no-backup-if-mismatch", "-r", "-");

    public Tool With(params string[] more) => new(program, [.. arguments[..^1], .. more, arguments[^1]]);

    public bool IsHere => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    public void SkipWhenMissing() => Assert.SkipUnless(IsHere, $"{program} is not on this machine");

    /// <summary>The tree after the tool applied the patch; null when it did not apply all of it.</summary>
    public LayeredTree? Apply(byte[] patch, ITree tree) => Apply(patch, tree, out _);

    /// <param name="error">What the tool said.</param>
    public LayeredTree? Apply(byte[] patch, ITree tree, out string error)
    {
        using var place = new Scratch();
        place.Write(tree);
        (var exit, _, error) = Run(place.Path, patch);
        return exit == 0 ? place.Read() : null;
    }

    public void AssertMakes(ITree after, byte[] patch, ITree before)
    {
        var made = Apply(patch, before, out var error);
        Assert.True(made is not null, $"{program} does not apply it: {error}\n{Encoding.Latin1.GetString(patch)}");
        Make.AssertSame(after, made);
    }

    public (int ExitCode, byte[] Output, string Error) Run(string directory, byte[]? input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["HOME"] = directory;
        using var process = Process.Start(start)!; // null only with the shell, which is not used
        using var output = new MemoryStream();
        var error = process.StandardError.ReadToEndAsync();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A tool that has made up its mind does not read to the end.
        }

        Task.WaitAll(error, reading);
        process.WaitForExit();
        return (process.ExitCode, output.ToArray(), error.Result);
    }
}

/// <summary>A directory that goes away with the test.</summary>
internal sealed class Scratch : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("patchforge-test-").FullName;

    public void Write(ITree tree)
    {
        foreach (var path in tree.Paths())
        {
            var file = tree.Find(path)!; // the tree has just named it
            var name = System.IO.Path.Combine(Path, path.Text);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(name)!); // below the scratch directory
            if (file.Mode == TreeMode.Link)
            {
                File.CreateSymbolicLink(name, Encoding.UTF8.GetString(file.Content.Span));
                continue;
            }

            File.WriteAllBytes(name, file.Content.ToArray());
            File.SetUnixFileMode(name, (UnixFileMode)((int)file.Mode & 0x1FF));
        }
    }

    /// <summary>What is there, held in memory.</summary>
    public LayeredTree Read()
    {
        var tree = new DirectoryTree(Path);
        return tree.Paths().Select(path => tree.Find(path)!).Aggregate(new LayeredTree(), (made, file) => made.With(file));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
