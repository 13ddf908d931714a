using System.Collections.Immutable;
using PatchForge.Reporting;
using PatchForge.Workflows;

namespace PatchForge.Tests.Reporting;

public sealed class StatusTextTests
{
    private static StatusRelease Release(string version, string distfile, params (string Name, string State)[] patches) =>
        new(version, "1", distfile, [.. patches.Select(patch => new StatusPatch(patch.Name, patch.State, false, null))], "-", "-", "-", "-");

    private static StatusAnswer Answer(params StatusRelease[] releases) => new("app-misc/tiny", [.. releases], [], "patchforge edit 1.1", []);

    [Fact]
    public void The_series_column_has_the_gravest_state()
    {
        var text = StatusText.Of(Answer(
            Release("1.0", "official", ("0001-a.patch", "offset"), ("0002-b.patch", "clean")),
            Release("1.1", "unofficial", ("0001-a.patch", "offset"), ("0002-b.patch", "conflict")),
            Release("1.2", "missing")));

        Assert.Contains("\nrelease  distfile    series\n1.0      official    1/2 offset\n1.1      unofficial  1/2 conflict\n1.2      missing     no source\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ebuilds_and_builds_are_shown_where_one_release_has_them()
    {
        var text = StatusText.Of(Answer(Release("1.0", "official", ("0001-a.patch", "clean")) with { Ebuild = "present", Manifest = "absent" }));

        Assert.Contains("1.0      official  1 clean  present  absent    -           -\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Patches_that_no_number_tells_apart_are_listed_by_name()
    {
        var text = StatusText.Of(Answer(
            Release("1.0", "official", ("fix-a.patch", "clean"), ("fix-b.patch", "offset")),
            Release("1.1", "official", ("fix-a.patch", "merged"), ("fix-b.patch", "fuzz"))));

        Assert.Contains("\npatch        1.0     1.1\nfix-a.patch  .       merged\nfix-b.patch  offset  fuzz\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_a_terminal_has_no_room_for_follow_below_and_a_pipe_gets_all()
    {
        var answer = Answer(Release("1.0", "official", [.. Enumerable.Range(1, 9).Select(number => ($"000{number}-x.patch", "offset"))]));

        var narrow = StatusText.Of(answer, new Screen(40, HasColours: false));

        Assert.All(narrow.Split('\n')[3..], line => Assert.InRange(line.Length, 0, 40));
        Assert.Contains("release  0001    0002    0003    0004\n1.0      offset  offset  offset  offset\n\nrelease  0005 ", narrow, StringComparison.Ordinal);
        Assert.Contains("0008    0009\n", StatusText.Of(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_terminal_with_colours_gets_them()
    {
        var answer = Answer(Release("1.0", "official", ("0001-a.patch", "conflict")));

        Assert.Contains("\x1b[31mconflict\x1b[0m", StatusText.Of(answer, new Screen(80, HasColours: true)), StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', StatusText.Of(answer, new Screen(80, HasColours: false)));
        Assert.DoesNotContain('\x1b', StatusText.Of(answer));
    }

    [Fact]
    public void What_Portage_stumbles_over_is_told_and_the_rest_is_counted()
    {
        var text = StatusText.Of(Answer(Release("1.0", "official")) with
        {
            Findings =
            [
                new LintFinding("manifest-missing", "note", "Manifest", 0, "no DIST line", null),
                new LintFinding("eapi", "error", "tiny-1.ebuild", 3, "no such EAPI", "say 8"),
            ],
        });

        Assert.Contains("\ntiny-1.ebuild:3: error: no such EAPI (eapi)\n  say 8\noverlay: 1 error, 0 warnings, 1 note; `patchforge lint` shows them\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("no DIST line", text, StringComparison.Ordinal);
    }
}
