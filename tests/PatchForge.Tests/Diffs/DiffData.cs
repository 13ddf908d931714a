namespace PatchForge.Tests.Diffs;

/// <summary>tests/testdata/diffs of the checkout that the tests were built in.</summary>
internal static class DiffData
{
    public static string Folder { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "tests", "testdata", "diffs");
            if (Directory.Exists(data))
            {
                return data;
            }
        }

        throw new DirectoryNotFoundException($"tests/testdata/diffs is in no folder above {start}");
    }
}
