using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Tests.Roots;

public sealed class RootLookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-look-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Links_are_followed_inside_the_root_and_never_out_of_it()
    {
        var root = Path.Combine(_folder, "root");
        Directory.CreateDirectory(Path.Combine(root, "usr/bin"));
        File.WriteAllText(Path.Combine(root, "usr/bin/dash"), "dash");
        File.WriteAllText(Path.Combine(_folder, "outside"), "not the root's");
        File.CreateSymbolicLink(Path.Combine(root, "bin"), "usr/bin");
        File.CreateSymbolicLink(Path.Combine(root, "usr/bin/sh"), "/usr/bin/dash");
        File.CreateSymbolicLink(Path.Combine(root, "usr/bin/out"), "../../../outside");
        File.CreateSymbolicLink(Path.Combine(root, "usr/bin/round"), "round");
        var tree = new RootTree("test", [new RootPart(root, "/")], [], []);

        Assert.Equal(Path.Combine(root, "usr/bin/dash"), RootLook.Find(tree, "/bin/sh"));
        Assert.Null(RootLook.Find(tree, "/usr/bin/out"));
        Assert.Null(RootLook.Find(tree, "/usr/bin/round"));
        Assert.Null(RootLook.Find(tree, "/bin/none"));
    }

    [Fact]
    public void A_root_in_parts_is_looked_at_in_the_right_one()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "machine/usr/bin"));
        File.WriteAllText(Path.Combine(_folder, "machine/usr/bin/apt-get"), "");
        var tree = new RootTree("host", [new RootPart(Path.Combine(_folder, "machine/usr"), "/usr")], [new RootLink("/bin", "usr/bin")], []);

        Assert.Equal(PackageManager.Apt, RootLook.Manager(tree));
        Assert.NotNull(RootLook.Find(tree, "/bin/apt-get"));
        Assert.Null(RootLook.Find(tree, "/etc/passwd"));
        Assert.False(RootLook.HasPortage(tree));
    }

    [Fact]
    public void A_folder_without_the_marker_is_no_root_of_this_tool()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "roots/foreign/root"));
        var made = new MadeRoot(_folder, "stage3-amd64-openrc-20260105T170105Z");
        Directory.CreateDirectory(made.Root);
        made.Mark("test");

        Assert.Equal(made, MadeRoot.Find(_folder, made.Name));
        Assert.Equal(made, MadeRoot.Find(_folder, made.Root + "/"));
        foreach (var text in new[] { "foreign", Path.Combine(_folder, "roots/foreign"), "/", "..", "../" + made.Name, "" })
        {
            var failure = Assert.Throws<Failure>(() => MadeRoot.Find(_folder, text));
            Assert.Contains(made.Name, failure.Hint, StringComparison.Ordinal);
        }
    }
}
