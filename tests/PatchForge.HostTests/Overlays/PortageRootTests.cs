using System.Collections.Immutable;
using System.Globalization;
using PatchForge.HostTests.Roots;
using PatchForge.Manifests;
using PatchForge.Overlays;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Overlays;

/// <summary>
/// The overlay before Gentoo's own tools, in the root that PATCHFORGE_PORTAGE_ROOT names (docs/overlay.md says what it
/// must have): cache, Manifest and use.local.desc as they write them, and pkgcheck's word.
/// </summary>
public sealed class PortageRootTests : IDisposable
{
    private static readonly ForgeSettings Ours = SettingsFile.Load(Path.Combine(TestData.Checkout, "patchforge.yaml"));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("patchforge-portage-");

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Root()
    {
        var root = Environment.GetEnvironmentVariable("PATCHFORGE_PORTAGE_ROOT");
        Assert.SkipUnless(root is not null && Directory.Exists(root), "no root with Portage; name one by PATCHFORGE_PORTAGE_ROOT");
        return root ?? "";
    }

    /// <summary>Runs a script over the published tree, which it may write; answers what it said.</summary>
    private async Task<string> Script(string script)
    {
        var root = Root();
        using var roots = await RealRoots.Need(TestContext.Current.CancellationToken);
        var tree = Path.Combine(_folder.FullName, "tree");
        PublishedTree.Write(new OverlayFolder(Ours.Home, Ours.Overlay), tree);
        var answer = await roots.Roots.Run(
            new RootRun(roots.Roots.Folder(root), RootRights.Build, ["sh", "-c", script])
            {
                Binds = [new RootBind(tree, "/srv/published"), new RootBind(_folder.FullName, "/srv/out", Writable: true)],
                TimeLimit = TimeSpan.FromMinutes(5),
            },
            TestContext.Current.CancellationToken);
        Assert.True(answer.Succeeded, answer.Output + answer.Error);
        return answer.Output;
    }

    /// <summary>A copy at the repository's usual place, configured.</summary>
    private const string Copy = """
        set -eu
        export NOCOLOR=true
        rm -rf /var/db/repos/mpm-itk
        cp -R /srv/published /var/db/repos/mpm-itk
        mkdir -p /etc/portage/repos.conf
        printf '[mpm-itk]\nlocation = /var/db/repos/mpm-itk\nauto-sync = no\n' > /etc/portage/repos.conf/mpm-itk.conf
        cd /var/db/repos/mpm-itk

        """;

    [Fact]
    public async Task Every_cache_entry_and_use_local_desc_is_what_egencache_writes()
    {
        var said = await Script(Copy + """
            rm -rf metadata/md5-cache profiles/use.local.desc /var/cache/edb/dep
            egencache --update --update-use-local-desc --repo=mpm-itk
            rm -f metadata/md5-cache/Manifest.gz
            diff -r -x timestamp.chk /srv/published/metadata metadata
            diff /srv/published/profiles/use.local.desc profiles/use.local.desc
            find metadata/md5-cache -type f | wc -l
            """);

        Assert.True(int.Parse(said.TrimEnd().Split('\n')[^1], CultureInfo.InvariantCulture) >= 10, said);
    }

    [Fact]
    public async Task Every_Manifest_is_what_ebuild_and_pkgdev_write_with_the_same_distfiles_at_hand()
    {
        // Made up on the spot: what is compared is the form, for each name that an ebuild of ours wants.
        var distfiles = Directory.CreateDirectory(Path.Combine(_folder.FullName, "distfiles")).FullName;
        var wanted = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["app-portage/patchforge"] = await Manifest(distfiles, ["patchforge-0.1.0-linux.tar.xz"]),
            ["www-servers/apache"] = await Manifest(distfiles, Ours.Lines.SelectMany(line => line.Releases.Where(release => release.Ebuild)).Select(release => release.Distfile)),
        };

        var said = await Script(Copy + """
            export DISTDIR=/srv/out/distfiles FEATURES=-distlocks
            collect() { for file in */*/Manifest; do mkdir -p /srv/out/$1/${file%/*}; cp "$file" /srv/out/$1/$file; done; }
            rm -f */*/Manifest
            for file in */*/*.ebuild; do ebuild "$file" manifest; done
            collect ebuild
            rm -f */*/Manifest
            if command -v pkgdev; then for package in */*/*.ebuild; do (cd "${package%/*}"; pkgdev manifest -d /srv/out/distfiles); done; collect pkgdev; fi
            """);

        Assert.Equal(wanted, Written("ebuild"));
        Assert.SkipUnless(said.Contains("/pkgdev", StringComparison.Ordinal), "ebuild's are the same; no pkgdev in the root");
        Assert.Equal(wanted, Written("pkgdev"));
    }

    /// <summary>The Manifest that we write for distfiles of these names, which are made up in a folder.</summary>
    private static async Task<string> Manifest(string distfiles, IEnumerable<string> names)
    {
        var facts = ImmutableArray.CreateBuilder<DistfileFacts>();
        foreach (var name in names)
        {
            var file = Path.Combine(distfiles, name);
            await File.WriteAllTextAsync(file, "a stand-in for " + name, TestContext.Current.CancellationToken);
            var digests = await FileDigests.OfFile(file, [DigestAlgorithm.Blake2b, DigestAlgorithm.Sha512], null, TestContext.Current.CancellationToken);
            facts.Add(new DistfileFacts(name, digests.Size, digests[DigestAlgorithm.Blake2b], digests[DigestAlgorithm.Sha512]));
        }

        return System.Text.Encoding.UTF8.GetString(ManifestDocument.Empty.Update(facts.Select(fact => fact.Name), facts).Document.ToBytes());
    }

    /// <summary>Each Manifest that a tool left, by its package.</summary>
    private SortedDictionary<string, string> Written(string tool)
    {
        var folder = Path.Combine(_folder.FullName, tool);
        return new(
            Directory.EnumerateFiles(folder, "Manifest", SearchOption.AllDirectories)
                .ToDictionary(file => Path.GetRelativePath(folder, Path.GetDirectoryName(file) ?? folder), File.ReadAllText),
            StringComparer.Ordinal);
    }

    [Fact]
    public async Task Pkgcheck_says_nothing_above_style_that_the_docs_do_not_explain()
    {
        var root = Root();
        using var roots = await RealRoots.Need(TestContext.Current.CancellationToken);
        var answer = await new Lint(roots.Outside, roots.Roots, Environment.GetEnvironmentVariable)
            .Run(new LintRequest(Ours, null, "dir:" + root), TestContext.Current.CancellationToken);
        Assert.SkipWhen(answer.Pkgcheck.Contains("not installed", StringComparison.Ordinal), answer.Pkgcheck);

        var explained = await File.ReadAllTextAsync(Path.Combine(Ours.Home, "docs/overlay.md"), TestContext.Current.CancellationToken);
        var unexplained = answer.Findings.Where(finding => finding.Rule.StartsWith(PkgcheckReport.Prefix, StringComparison.Ordinal) && finding.Severity != "note")
            .Where(finding => !explained.Contains($"`{finding.Rule[PkgcheckReport.Prefix.Length..]}`", StringComparison.Ordinal))
            .Select(finding => $"{finding.File}: {finding.Rule}: {finding.Sentence}");
        Assert.Equal([], unexplained);
    }
}
