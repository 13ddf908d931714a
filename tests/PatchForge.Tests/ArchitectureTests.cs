using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace PatchForge.Tests;

/// <summary>The arrows between rooms, held by reading the assembly; a wrong one fails with both types' names.</summary>
public sealed class ArchitectureTests
{
    private static readonly Architecture Tool = new ArchLoader().LoadAssembly(typeof(Seams.Failure).Assembly).Build();

    /// <summary>Which rooms a room may use. A room that is missing here may use nothing but Seams.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Seams"] = [],
        ["Httpd"] = [],
        ["Trees"] = ["Seams"],
        ["Diffs"] = ["Trees", "Seams"],
        ["Series"] = ["Diffs", "Trees", "Seams"],
        ["Landing"] = ["Trees", "Seams"],
        ["Releases"] = ["Trees", "Seams"],
        ["Archives"] = ["Trees", "Seams"],
        ["Settings"] = ["Httpd", "Releases", "Trees", "Seams"],
        ["Manifests"] = ["Trees", "Seams"],
        ["Ebuilds"] = ["Settings", "Series", "Trees", "Manifests", "Releases", "Seams"],
        ["Overlays"] = ["Ebuilds", "Manifests", "Settings", "Trees", "Seams"],
        ["Roots"] = ["Releases", "Settings", "Trees", "Seams"],
        ["Smoke"] = ["Httpd", "Settings", "Seams"],
        ["Attacks"] = ["Httpd", "Seams"],
        ["Bench"] = ["Httpd", "Seams"],
        ["Matrix"] = ["Settings", "Seams"],
        ["Workflows"] = ["Archives", "Attacks", "Bench", "Diffs", "Ebuilds", "Httpd", "Landing", "Manifests", "Matrix", "Overlays", "Releases", "Roots", "Series", "Settings", "Smoke", "Trees", "Seams"],
        ["Reporting"] = ["Bench", "Matrix", "Workflows", "Seams"],
        ["Commands"] = ["Bench", "Matrix", "Workflows", "Reporting", "Settings", "Series", "Roots", "Releases", "Seams"],
        ["Host"] = ["Attacks", "Roots", "Smoke", "Trees", "Settings", "Seams"],
    };

    public static TheoryData<string> Rooms => [.. Arrows.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_uses_only_the_rooms_it_may(string room)
    {
        var wrong = Tool.Types
            .Where(type => RoomOf(type) == room)
            .SelectMany(type => type.Dependencies.Select(dependency => (From: type, To: dependency.Target)))
            .Where(arrow => RoomOf(arrow.To) is { } to && to != room && !Arrows[room].Contains(to))
            .Select(arrow => $"{arrow.From.FullName} -> {arrow.To.FullName}")
            .Distinct()
            .Order(StringComparer.Ordinal);
        Assert.Equal([], wrong);
    }

    [Theory]
    [InlineData("DiffPlex", "PatchForge.Diffs")]
    [InlineData("YamlDotNet", "PatchForge.Settings")]
    [InlineData("LibGit2Sharp", "PatchForge.Host.Git")]
    [InlineData("Spectre.Console", "PatchForge.Host")]
    [InlineData("SharpCompress", "PatchForge.Archives")]
    public void A_package_has_one_room_that_uses_it(string package, string room)
    {
        var wrong = Tool.Types
            .Where(type => !type.FullName.StartsWith(package + ".", StringComparison.Ordinal))
            .Where(type => type.Dependencies.Any(dependency => dependency.Target.FullName.StartsWith(package + ".", StringComparison.Ordinal)))
            .Where(type => type.FullName.StartsWith("PatchForge.", StringComparison.Ordinal) && !type.FullName.StartsWith(room + ".", StringComparison.Ordinal))
            .Select(type => type.FullName)
            .Order(StringComparer.Ordinal);
        Assert.Equal([], wrong);
    }

    [Fact]
    public void Every_folder_of_the_tool_is_a_room_with_arrows()
    {
        var rooms = Tool.Types.Select(RoomOf).OfType<string>().Distinct().Order(StringComparer.Ordinal);
        Assert.Equal([], rooms.Where(room => !Arrows.ContainsKey(room)));
    }

    private static string? RoomOf(IType type)
    {
        var words = type.FullName.Split('.', '/', '+');
        return words is ["PatchForge", var room, _, ..] ? room : null;
    }
}
