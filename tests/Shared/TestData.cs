namespace PatchForge.Tests.Shared;

/// <summary>Where tests/testdata is: in the checkout that the tests were built in.</summary>
internal static class TestData
{
    public static string Checkout { get; } = Find();

    public static string Root => Path.Combine(Checkout, "tests", "testdata");

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "PatchForge.slnx")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"no checkout above {AppContext.BaseDirectory}");
    }
}
