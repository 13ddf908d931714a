using System.Globalization;
using PatchForge.Host;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Tests.Shared;

namespace PatchForge.HostTests.Reporting;

/// <summary>The report in headless Chromium: nothing of it lies beyond the right edge, at a desktop's and a phone's width.</summary>
public sealed class HtmlReportInABrowserTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchforge-browser-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1280)]
    [InlineData(390)]
    public async Task The_page_is_as_wide_as_the_screen(int width)
    {
        var processes = new Processes(new SilentStory());
        var chromium = processes.Find("chromium");
        Assert.SkipUnless(chromium is not null, "chromium is not installed");

        // The frame has exactly the width wanted (a headless window cannot be narrower than 500); it reports
        // the widest element that no scrolling box contains.
        var page = Path.Combine(_folder, "report.html");
        var frame = Path.Combine(_folder, "frame.html");
        var text = HtmlReport.Of(SampleAnswers.Refresh);
        var tables = text.Split("<table>").Length - 1;
        Assert.InRange(tables, 10, 100); // attacks and figures have theirs
        await File.WriteAllTextAsync(page, text, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(frame, string.Create(CultureInfo.InvariantCulture, $$"""
            <!doctype html><body style="margin:0"><iframe id="f" src="report.html" style="border:0;width:{{width}}px;height:900px"></iframe>
            <script>f.onload=()=>{const d=f.contentDocument.documentElement;document.title='beyond the edge: '+(d.scrollWidth-d.clientWidth)+' of '+f.clientWidth+', tables: '+f.contentDocument.querySelectorAll('table').length}</script>
            """), TestContext.Current.CancellationToken);

        var answer = await processes.Run(
            new ProcessRequest(
                chromium,
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--allow-file-access-from-files", "--virtual-time-budget=3000",
                "--user-data-dir=" + Path.Combine(_folder, "profile"), "--window-size=1400,1000", "--dump-dom", "file://" + frame)
            { TimeLimit = TimeSpan.FromSeconds(60) },
            TestContext.Current.CancellationToken);

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"<title>beyond the edge: 0 of {width}, tables: {tables}</title>"), answer.Output, StringComparison.Ordinal);
    }
}
