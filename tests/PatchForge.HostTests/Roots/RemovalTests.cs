using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.HostTests.Roots;

public sealed class RemovalTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_root_is_removed_and_what_its_links_point_to_is_not()
    {
        using var real = await RealRoots.Need(Cancel);
        var (root, canary) = Made(real);
        File.CreateSymbolicLink(Path.Combine(root.Root, "to-folder"), canary);
        File.CreateSymbolicLink(Path.Combine(root.Root, "to-file"), Path.Combine(canary, "canary"));
        Directory.CreateDirectory(Path.Combine(root.Root, "locked"), UnixFileMode.None);

        await new RemoveRoot(real.Roots).Run(root.Name, Cancel);

        Assert.False(Path.Exists(root.Folder));
        Assert.True(File.Exists(Path.Combine(canary, "canary")));
    }

    [Fact]
    public async Task A_root_with_a_mount_below_is_not_removed_at_all()
    {
        using var real = await RealRoots.Need(Cancel);
        var (root, canary) = Made(real);
        var point = Directory.CreateDirectory(Path.Combine(root.Root, "mnt")).FullName;
        await Must(real, "mount", "--bind", canary, point);
        try
        {
            var failure = await Assert.ThrowsAsync<Failure>(() => new RemoveRoot(real.Roots).Run(root.Name, Cancel));

            Assert.Equal(FailureKind.Refused, failure.Kind);
            Assert.Contains(point, failure.Message, StringComparison.Ordinal);
            Assert.True(root.Exists);
            Assert.True(File.Exists(Path.Combine(canary, "canary")));
        }
        finally
        {
            await Must(real, "umount", point);
        }
    }

    [Fact]
    public async Task A_mount_in_another_mount_namespace_counts_as_well()
    {
        using var real = await RealRoots.Need(Cancel);
        var (root, canary) = Made(real);
        var point = Directory.CreateDirectory(Path.Combine(root.Root, "mnt")).FullName;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var mounted = new TaskCompletionSource();
        var other = real.Outside.Processes.Run(
            new ProcessRequest("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", "mount --bind \"$1\" \"$2\" && echo mounted && sleep 60", "x", canary, point)
            {
                OnLine = _ => mounted.TrySetResult(),
            },
            stop.Token);
        await mounted.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);

        await Assert.ThrowsAsync<Failure>(() => new RemoveRoot(real.Roots).Run(root.Name, Cancel));

        Assert.True(root.Exists);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
    }

    [Fact]
    public async Task What_is_no_root_of_this_tool_is_not_removed()
    {
        using var real = await RealRoots.Need(Cancel);
        var foreign = Directory.CreateDirectory(Path.Combine(real.Folder, "roots", "foreign", "root")).FullName;

        await Assert.ThrowsAsync<Failure>(() => new RemoveRoot(real.Roots).Run("foreign", Cancel));
        await Assert.ThrowsAsync<Failure>(() => new RemoveRoot(real.Roots).Run(foreign, Cancel));

        Assert.True(Directory.Exists(foreign));
    }

    [Fact]
    public async Task A_folder_that_is_a_link_is_not_followed()
    {
        using var real = await RealRoots.Need(Cancel);
        var canary = Directory.CreateDirectory(Path.Combine(real.Folder, "canary")).FullName;
        var link = Path.Combine(real.Folder, "link");
        File.CreateSymbolicLink(link, canary);

        await Assert.ThrowsAsync<Failure>(() => real.Roots.Remove(link, Cancel));

        Assert.True(Directory.Exists(canary));
    }

    private static (MadeRoot Root, string Canary) Made(RealRoots real)
    {
        var root = new MadeRoot(real.Folder, "stage3-test-20260105T170105Z");
        Directory.CreateDirectory(Path.Combine(root.Root, "a/b"));
        File.WriteAllText(Path.Combine(root.Root, "a/b/file"), "");
        root.Mark("test");
        var canary = Directory.CreateDirectory(Path.Combine(real.Folder, "canary")).FullName;
        File.WriteAllText(Path.Combine(canary, "canary"), "alive");
        return (root, canary);
    }

    private static async Task Must(RealRoots real, string program, params string[] arguments)
    {
        var answer = await real.Outside.Processes.Run(new ProcessRequest(program, arguments), Cancel);
        Assert.True(answer.Succeeded, answer.Error);
    }
}
