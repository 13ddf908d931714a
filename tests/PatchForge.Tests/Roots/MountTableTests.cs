using PatchForge.Roots;

namespace PatchForge.Tests.Roots;

public sealed class MountTableTests
{
    private const string Text = """
        22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw
        36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:3 - ext3 /dev/root rw,errors=continue
        40 27 8:1 /x /srv/a\040b\134c rw - ext4 /dev/sda1 rw
        41 27 8:1 / /srv/gr\303\274n rw - ext4 /dev/sda1 rw
        torn line
        """;

    [Fact]
    public void Points_are_read_with_escapes_undone() =>
        Assert.Equal(["/proc", "/mnt2", "/srv/a b\\c", "/srv/grün"], MountTable.Parse(Text).Select(mount => mount.Point));

    [Fact]
    public void Below_means_the_folder_or_deeper_and_not_a_longer_name()
    {
        var mounts = MountTable.Parse("1 2 0:1 / /a rw - tmpfs x rw\n1 2 0:1 / /a/b rw - tmpfs x rw\n1 2 0:1 / /ab rw - tmpfs x rw\n");

        Assert.Equal(["/a", "/a/b"], MountTable.At(mounts, "/a"));
    }

    [Theory]
    [InlineData("rw,lowerdir=/srv/a\\040b:/c,upperdir=/u,workdir=/w,userxattr")]
    [InlineData("rw,lowerdir+=/srv/a\\040b,lowerdir+=/c,upperdir=/u,workdir=/w")]
    public void An_overlays_lower_folders_are_read(string options) =>
        Assert.Equal(["/srv/a b", "/c"], Assert.Single(MountTable.Parse($"1 2 0:1 / /a rw - overlay x {options}\n")).Lowers);
}
