using PatchForge.Diffs;
using PatchForge.Seams;

namespace PatchForge.Tests.Diffs;

/// <summary>Each patch of testdata/diffs/hostile is refused at its line with its sentence.</summary>
public sealed class HostilePatchTests
{
    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.patch").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(DiffData.Folder, "hostile");

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_refused_with_file_and_line(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name + ".patch"));
        var tree = Make.Tree(("f", Make.Numbered(3)), ("d/g", "g\n"));

        var failure = Assert.Throws<Failure>(() => PatchApplier.Apply(Patch.Parse(bytes, name), tree));

        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Equal(name, failure.At?.File);
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, name + ".expected")), $"{failure.At?.Line}: {failure.Message}\n");
    }

    [Fact]
    public void The_table_is_there() => Assert.InRange(Names.Count, 40, int.MaxValue);
}
