using System.Text;
using PatchForge.Ebuilds;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Ebuilds;

/// <summary>
/// Our cache entries against those that Portage's egencache wrote: needs a Gentoo repository with its
/// <c>metadata/md5-cache</c>, named by PATCHFORGE_GENTOO or at /var/db/repos/gentoo.
/// PATCHFORGE_GENTOO_SAMPLE says how many ebuilds are compared (200; 0 for all).
/// </summary>
public sealed class PortageOracleTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Our_cache_entries_are_those_of_egencache()
    {
        var root = Environment.GetEnvironmentVariable("PATCHFORGE_GENTOO") ?? "/var/db/repos/gentoo";
        var cache = Path.Combine(root, "metadata", "md5-cache");
        Assert.SkipUnless(Directory.Exists(cache), "no ::gentoo with a metadata cache; name one by PATCHFORGE_GENTOO");
        var wanted = int.TryParse(Environment.GetEnvironmentVariable("PATCHFORGE_GENTOO_SAMPLE"), out var n) ? n : 200;

        var entries = Directory.EnumerateFiles(cache, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var step = wanted == 0 ? 1 : Math.Max(1, entries.Length / wanted);
        var source = new SourceEbuild(new global::PatchForge.Host.Processes(new SilentStory()));
        var eclasses = EclassSources.Locate(root, _ => null, root);
        var (same, other, unknown) = (0, new List<string>(), 0);
        foreach (var entry in entries.Where((_, i) => i % step == 0))
        {
            var category = Path.GetFileName(Path.GetDirectoryName(entry))!; // Two levels below the cache.
            var pf = Path.GetFileName(entry);
            if (Directory.EnumerateFiles(Path.Combine(root, category), pf + ".ebuild", SearchOption.AllDirectories).FirstOrDefault() is not { } ebuild)
            {
                continue;
            }

            var content = await File.ReadAllBytesAsync(ebuild, TestContext.Current.CancellationToken);
            if (EbuildVersion.Eapi(content) is not ("7" or "8"))
            {
                unknown++;
                continue;
            }

            var package = Path.GetFileName(Path.GetDirectoryName(ebuild))!; // The ebuild lies in its package's folder.
            var sourced = await source.Source(new(category, package, pf + ".ebuild", content), eclasses, TestContext.Current.CancellationToken);
            var ours = sourced is Sourced.Done done ? Encoding.UTF8.GetString(done.Metadata.ToCacheEntry(content)) : sourced.ToString() ?? "";
            var theirs = await File.ReadAllTextAsync(entry, TestContext.Current.CancellationToken);
            if (ours == theirs)
            {
                same++;
            }
            else
            {
                other.Add($"{category}/{pf}\n{Difference(ours, theirs)}");
            }
        }

        output.WriteLine($"{same} the same, {other.Count} not, {unknown} of another EAPI");
        Assert.True(other.Count == 0, $"{same} the same, {other.Count} not:\n" + string.Join('\n', other.Take(10)));
        Assert.True(same > 0, "nothing was compared");
    }

    private static string Difference(string ours, string theirs)
    {
        var (a, b) = (ours.Split('\n'), theirs.Split('\n'));
        return string.Join('\n', a.Except(b).Select(line => "  ours   " + line).Concat(b.Except(a).Select(line => "  theirs " + line)));
    }
}
