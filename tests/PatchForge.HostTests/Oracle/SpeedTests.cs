using System.Diagnostics;
using System.Globalization;
using PatchForge.Diffs;
using PatchForge.Tests.Diffs;
using PatchForge.Trees;

namespace PatchForge.HostTests.Oracle;

/// <summary>
/// How long the engine takes for a series like ours: 20 patches, 60 KB, on files of the size of httpd's core.c.
/// The figures are in the test's output; the limit is loose, for machines that are busy.
/// </summary>
public sealed class SpeedTests(ITestOutputHelper output)
{
    [Fact]
    public void A_series_of_sixty_kilobytes_is_read_and_applied_in_milliseconds()
    {
        var (start, patches) = Series();
        var bytes = patches.Sum(patch => patch.Length);
        Assert.InRange(bytes, 60_000, 100_000);
        Run(start, patches);

        var times = Enumerable.Range(0, 20).Select(_ => Run(start, patches)).Order().ToArray();

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{patches.Count} patches, {bytes} bytes: fastest {times[0].TotalMilliseconds:0.0} ms, median {times[10].TotalMilliseconds:0.0} ms"));
        Assert.InRange(times[10].TotalMilliseconds, 0, 200);
    }

    private static TimeSpan Run(LayeredTree start, List<byte[]> patches)
    {
        var watch = Stopwatch.StartNew();
        var tree = start;
        foreach (var patch in patches)
        {
            tree = PatchApplier.Apply(Patch.Parse(patch, "made.patch"), tree).Tree ?? throw new InvalidOperationException("A made patch applies.");
        }

        return watch.Elapsed;
    }

    private static (LayeredTree Start, List<byte[]> Patches) Series()
    {
        var start = new LayeredTree();
        for (var file = 0; file < 10; file++)
        {
            var lines = Enumerable.Range(0, 4500).Select(line => line % 7 == 0 ? "\n" : $"    call_{file}_{line % 900}(argument, {line % 13});\n");
            start = start.With(Make.File($"server/file{file}.c", string.Concat(lines)));
        }

        var (tree, patches) = (start, new List<byte[]>());
        for (var number = 0; number < 20; number++)
        {
            var before = tree;
            for (var file = 0; file < 10; file += 3)
            {
                var path = $"server/file{(file + number) % 10}.c";
                var lines = before.Text(path)!.Split('\n'); // made above
                for (var line = 50 + number; line < lines.Length; line += 1200)
                {
                    lines[line] = $"    changed_by_{number}();";
                }

                tree = tree.With(Make.File(path, string.Join('\n', lines)));
            }

            patches.Add(Make.Diff(before, tree).ToBytes());
        }

        return (start, patches);
    }
}
