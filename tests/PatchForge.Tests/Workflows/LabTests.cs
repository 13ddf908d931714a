using System.Text;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>A series that users get with something of the lab in it is read by no command.</summary>
public sealed class LabTests : IDisposable
{
    private readonly TinyForge _forge = new TinyForge().WithLab();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _forge.Dispose();

    private LineSettings Line => SettingsFile.Load(Path.Combine(_forge.Home, SettingsFile.Name)).Lines[0];

    private LoadedSeries Read() => ReadSeries.Run(_forge.Home, Line, Cancel);

    [Fact]
    public void The_two_series_are_read_apart()
    {
        Assert.Equal(["0001-greet.patch", "0100-extra.patch"], Read().Patches.Select(patch => patch.Name.Text));
        var lab = Line.Lab;
        Assert.NotNull(lab);
        Assert.Equal(["0200-wicked.patch", "0210-wicked-edit.patch"], ReadSeries.Lab(_forge.Home, lab, Cancel).Patches.Select(patch => patch.Name.Text));
    }

    [Theory]
    [InlineData("0210-wicked-edit.patch", "0210-wicked-edit.patch", "is a patch of the lab")]
    [InlineData("0210-wicked-edit.patch", "0300-harmless.patch", "is a patch of the lab")]
    [InlineData("0290-idle-wicked.patch", "0290-idle-wicked.patch", "is a patch of the lab")]
    public void A_patch_of_the_lab_is_refused_under_its_own_name_and_under_another(string lab, string name, string sentence)
    {
        _forge.Write($"patches/tiny/1/{name}", _forge.Read($"patches/tiny/lab/{lab}"));
        _forge.Write("patches/tiny/1/series", $"0001-greet.patch\n0100-extra.patch\n{name}\n");

        var failure = Assert.Throws<Failure>(Read);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Equal(new FileLocation("patches/tiny/1/series", 3), failure.At);
    }

    [Fact]
    public void A_patch_that_makes_a_file_of_the_lab_is_refused_whatever_else_it_says()
    {
        _forge.Write("patches/tiny/1/0300-mine.patch", "--- /dev/null\n+++ b/lab/wicked.c\n@@ -0,0 +1 @@\n+int mine;\n");
        _forge.Write("patches/tiny/1/series", "0001-greet.patch\n0100-extra.patch\n0300-mine.patch\n");

        var failure = Assert.Throws<Failure>(Read);
        Assert.Contains("makes lab/wicked.c, which 0200-wicked.patch of the lab makes", failure.Message, StringComparison.Ordinal);
        Assert.Equal("patches/tiny/1/0300-mine.patch", failure.At?.File);
    }

    public static TheoryData<string> LinesWithLab => [.. Ours.Lines.Where(line => line.Lab is not null).Select(line => line.Line)];

    private static ForgeSettings Ours { get; } = SettingsFile.Load(Path.Combine(Golden.Home, SettingsFile.Name));

    private static (LineSettings Line, LabSettings Lab) Our(string name)
    {
        var line = Ours.Lines.Single(line => line.Line == name);
        return (line, line.Lab ?? throw new InvalidOperationException($"Line {name} has a lab."));
    }

    [Fact]
    public void Both_lines_have_a_lab() => Assert.Equal(2, LinesWithLab.Count);

    [Theory]
    [MemberData(nameof(LinesWithLab))]
    public void A_lab_patch_in_our_own_series_is_refused(string name)
    {
        var (line, settings) = Our(name);
        var shipped = ReadSeries.Run(Ours.Home, line, Cancel);
        var lab = ReadSeries.Lab(Ours.Home, settings, Cancel);

        RefuseLab.In(shipped, lab);
        foreach (var patch in lab.Patches)
        {
            Assert.Throws<Failure>(() => RefuseLab.In(shipped with { Patches = shipped.Patches.Add(patch) }, lab));
        }
    }

    /// <summary>They are generated as the line's own are, and refresh leaves them alone; here is what writes them.</summary>
    [Theory]
    [MemberData(nameof(LinesWithLab))]
    public void The_labs_generated_patches_are_as_their_sources_make_them(string name)
    {
        var lab = ReadSeries.Lab(Ours.Home, Our(name).Lab, Cancel);
        Assert.NotEmpty(lab.Patches);
        foreach (var patch in lab.Patches.Where(patch => patch.Plan.Generated))
        {
            Golden.Check(patch.File, Encoding.UTF8.GetString(patch.Bytes.Span));
        }
    }

    [Theory]
    [InlineData("2.0", "--enable-itk-switch=static")]
    [InlineData("2.4", "--enable-itk-lab-guards")]
    public async Task Nothing_of_the_lab_is_in_the_overlay(string name, string argument)
    {
        var (line, settings) = Our(name);
        var lab = ReadSeries.Lab(Ours.Home, settings, Cancel);
        string[] words =
        [
            .. lab.Patches.Select(patch => patch.Name.Text),
            .. settings.Variants.Values.SelectMany(arguments => arguments).Except(line.Build.Variants.Values.SelectMany(arguments => arguments)),
            "mod_itk_switch", "libclassic",
        ];
        Assert.Contains(argument, words);
        string[] folders = [Ours.Overlay.Packages, Ours.Overlay.Metadata, Ours.Overlay.Profiles];
        var files = folders.SelectMany(folder => Directory.EnumerateFiles(Ours.PathOf(folder), "*", SearchOption.AllDirectories)).Distinct().ToList();
        Assert.Contains(files, file => file.EndsWith(".ebuild", StringComparison.Ordinal));
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file, Cancel);
            Assert.DoesNotContain(words, word => text.Contains(word, StringComparison.Ordinal) || Path.GetFileName(file) == word);
        }
    }
}
