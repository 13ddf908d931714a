using System.Text;
using PatchForge.Roots;
using PatchForge.Trees;

namespace PatchForge.Tests.Roots;

/// <summary>What of a repository makes an installed package another one.</summary>
public sealed class PortagePlanTests
{
    private static readonly PortageRequest Request = new("/overlay", "mpm-itk", null, "/distfiles", "www-servers/apache", "2.4.68-r100", ["mpm-itk"], "itk");

    private const string Before = "PATCHES=( \"${FILESDIR}\"/mpm-itk-2.4/0100.patch )";

    private static readonly string[] s_files =
    [
        "www-servers/apache/apache-2.4.68-r100.ebuild", "www-servers/apache/apache-2.4.68.ebuild", "www-servers/apache/apache-2.0.65.ebuild",
        "www-servers/apache/Manifest", "www-servers/apache/metadata.xml", "www-servers/apache/files/apache2.initd",
        "www-servers/apache/files/mpm-itk-2.0/0100.patch", "www-servers/apache/files/mpm-itk-2.4/0100.patch",
        "acct-user/mpm-itk/mpm-itk-0.ebuild", "eclass/mpm-itk.eclass", "profiles/repo_name", "profiles/use.local.desc", "metadata/layout.conf",
        "metadata/md5-cache/www-servers/apache-2.4.68-r100", "metadata/news/2026-11-23-mpm-itk/2026-11-23-mpm-itk.en.txt",
    ];

    private static LayeredTree Repository(Func<string, string> text) => s_files.Aggregate(
        new LayeredTree(), (tree, path) => tree.With(new TreeFile(TreePath.Parse(path), TreeMode.Regular, Encoding.UTF8.GetBytes(text(path)))));

    [Fact]
    public void Another_version_or_a_digest_of_the_same_makes_no_other_package_and_all_else_does()
    {
        var before = Digest(_ => Before);
        var changing = s_files.Where(path => Digest(one => one == path ? Before + "after" : Before) != before);

        Assert.Equal(
            [
                "www-servers/apache/apache-2.4.68-r100.ebuild", "www-servers/apache/files/apache2.initd",
                "www-servers/apache/files/mpm-itk-2.4/0100.patch",
                "acct-user/mpm-itk/mpm-itk-0.ebuild", "eclass/mpm-itk.eclass", "profiles/repo_name", "metadata/layout.conf",
            ],
            changing);
    }

    private static string Digest(Func<string, string> text) => RootIdentity.OfTree(PortagePlan.Emerged(Request, Repository(text)));
}
