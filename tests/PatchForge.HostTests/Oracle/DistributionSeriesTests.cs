using System.Collections.Concurrent;
using System.Diagnostics;

namespace PatchForge.HostTests.Oracle;

/// <summary>
/// Equal to the oracles on series that were not made for this: the source packages of a distribution. What quilt, git apply and patch make
/// of a patch with no fuzz, ours makes; what they take with fuzz only, ours tells as fuzz; what they refuse, ours refuses.
/// </summary>
[Trait("Long", "true")]
public sealed class DistributionSeriesTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-test-").FullName;

    private const int Enough = 20;

    /// <summary>A busy machine leaves out what is more than enough.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("PATCHFORGE_PACKAGES_SECONDS"), System.Globalization.CultureInfo.InvariantCulture, out var seconds) ? seconds : 120);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Series_of_a_distributions_packages_come_out_as_the_tools_make_them()
    {
        var packages = await SourcePackages.Need(_folder, Cancel);
        var compared = new ConcurrentBag<SourcePackageSeries>();
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(packages.Controls, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Cancel }, (control, _) =>
        {
            if (compared.Count < Enough || watch.Elapsed < s_patience)
            {
                compared.Add(Compare(packages, control));
            }

            return ValueTask.CompletedTask;
        });

        Tell(packages, [.. compared.OrderBy(package => package.Name, StringComparer.Ordinal)]);
        Assert.Empty(compared.SelectMany(package => package.Differences).Order(StringComparer.Ordinal));
        Assert.InRange(compared.Count(package => package.Patches > 0), Enough, int.MaxValue);
        Assert.InRange(compared.Sum(package => package.Patches), 400, int.MaxValue);
    }

    private SourcePackageSeries Compare(SourcePackages packages, string control)
    {
        var name = Path.GetFileNameWithoutExtension(control);
        var (own, pushed) = (Path.Combine(_folder, name), Path.Combine(_folder, name + ".quilt"));
        SourcePackages.Unpack(control, own);
        SourcePackages.Unpack(control, pushed);
        var package = new SourcePackageSeries(name, own);
        package.Apply();
        package.CompareWithQuilt(pushed, packages.Push(pushed));
        package.CompareEachPatch();
        Directory.Delete(own, recursive: true);
        Directory.Delete(pushed, recursive: true);
        return package;
    }

    private void Tell(SourcePackages packages, IReadOnlyList<SourcePackageSeries> compared)
    {
        output.WriteLine($"{compared.Count} packages, {compared.Sum(package => package.Patches)} patches; not in reach: {(packages.Missing.IsEmpty ? "none" : string.Join(", ", packages.Missing))}");
        output.WriteLine(string.Join(", ", compared.Select(package => $"{package.Name} ({package.Patches})")));
        foreach (var group in compared.SelectMany(package => package.Counts).GroupBy(count => count.Key).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{group.Key}: {group.Sum(count => count.Value)}");
        }

        foreach (var difference in compared.SelectMany(package => package.Differences))
        {
            output.WriteLine("DIFFERS " + difference);
        }
    }
}
