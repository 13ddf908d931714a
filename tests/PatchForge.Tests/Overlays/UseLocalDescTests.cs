using System.Text;
using PatchForge.Overlays;
using PatchForge.Settings;

namespace PatchForge.Tests.Overlays;

/// <summary>use.local.desc as egencache writes it; the host tests compare with egencache itself.</summary>
public sealed class UseLocalDescTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("patchforge-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    private void Put(string path, string text)
    {
        var file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "");
        File.WriteAllText(file, text);
    }

    [Fact]
    public void Each_flag_is_a_line_by_package_and_name_with_its_text_in_one_piece()
    {
        Put("overlay/www-servers/apache/apache-2.0.65.ebuild", "EAPI=8\n");
        Put("overlay/www-servers/apache/metadata.xml", "<?xml version='1.0'?>\n<!DOCTYPE pkgmetadata SYSTEM 'x'>\n<pkgmetadata><use>\n<flag name='ssl'>TLS\n\t\tby <pkg>dev-libs/openssl</pkg> &amp; co</flag>\n<flag name='mpm-itk' restrict='&lt;x/y-2'>old</flag><flag name='mpm-itk'>new</flag></use><use lang='de'><flag name='zz'>nein</flag></use></pkgmetadata>\n");
        Put("overlay/acct-user/mpm-itk/metadata.xml", "<pkgmetadata><use><flag name='x'>no ebuild</flag></use></pkgmetadata>\n");
        Put("overlay/virtual/broken/broken-1.ebuild", "EAPI=8\n");
        Put("overlay/virtual/broken/metadata.xml", "<pkgmetadata>\n");

        var lines = Encoding.UTF8.GetString(UseLocalDesc.Of(new OverlayFolder(_folder.FullName, new OverlaySettings("overlay", "metadata", "profiles", Delivery.Files)))).Split('\n');

        Assert.Equal(["", "www-servers/apache:mpm-itk - new", "www-servers/apache:ssl - TLS by dev-libs/openssl & co", ""], lines[3..]);
        Assert.All(lines[..3], line => Assert.StartsWith("# ", line, StringComparison.Ordinal));
    }
}
