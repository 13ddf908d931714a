namespace PatchForge.Tests.Shared;

/// <summary>Files of the repository that a test holds equal to what the tool says. <c>./check --accept</c> rewrites them.</summary>
internal static class Golden
{
    /// <summary>The checkout's folder: the nearest one above the test program that has patchforge.yaml.</summary>
    public static string Home { get; } = Find();

    public static void Check(string path, string content)
    {
        var file = Path.Combine(Home, path);
        if (Environment.GetEnvironmentVariable("PATCHFORGE_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? Home);
            File.WriteAllText(file, content);
        }

        Assert.True(File.Exists(file), $"{path} is not there; ./check --accept writes it");
        Assert.Equal(File.ReadAllText(file), content);
    }

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "patchforge.yaml")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run below a checkout.");
    }
}
