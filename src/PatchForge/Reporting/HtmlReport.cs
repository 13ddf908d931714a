using System.Globalization;
using System.Net;
using System.Text;
using PatchForge.Workflows;

namespace PatchForge.Reporting;

/// <summary>
/// A run as one HTML file that needs nothing else: no script, no font, no address. It is readable on a phone
/// (tables scroll in themselves), on paper, and in the dark.
/// </summary>
public static class HtmlReport
{
    internal const string Style = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d5dae0;--card:#f6f8fa;--good:#116329;--bad:#a40e26;--warn:#7d4e00;--add:#dafbe1;--del:#ffebe9}
        @media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--dim:#9198a1;--line:#30363d;--card:#161b22;--good:#56d364;--bad:#ff7b72;--warn:#e3b341;--add:#12361f;--del:#48171b}}
        *{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1.25rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
        h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.25rem;margin:2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}h3{font-size:1rem;margin:1.2rem 0 .4rem}
        p{margin:.4rem 0}.dim{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}b.good,b.bad,b.warn{white-space:nowrap}
        .scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem}table{border-collapse:collapse;width:100%;font-size:.93rem}
        th,td{text-align:left;vertical-align:top;padding:.4rem .7rem;border-top:1px solid var(--line)}thead th{border-top:0;background:var(--card);white-space:nowrap}
        code,pre{font:.87rem/1.45 ui-monospace,monospace}td code{overflow-wrap:anywhere}pre{margin:0;padding:.6rem .8rem;overflow-x:auto;background:var(--card)}
        .note{border-left:.25rem solid var(--warn);background:var(--card);padding:.5rem .8rem;margin:.6rem 0;overflow-wrap:anywhere}.note.bad{border-color:var(--bad);color:var(--fg)}
        .sides{display:grid;grid-template-columns:1fr 1fr;gap:1px;background:var(--line);border:1px solid var(--line);border-radius:.5rem;overflow:hidden;margin:.4rem 0 1rem}.sides>div{background:var(--bg);min-width:0}
        .sides h4{margin:0;padding:.3rem .8rem;font-size:.85rem;background:var(--card);font-weight:600}.sides pre{background:none}.both{font:.87rem/1.45 ui-monospace,monospace}.both td{white-space:pre-wrap;overflow-wrap:anywhere;border-top:0;padding:.05rem .5rem;width:50%}.both td.n{width:1%;color:var(--dim);text-align:right;white-space:nowrap}mark{color:inherit;background:none;text-decoration:underline;font-weight:600}.add{background:var(--add)}.del{background:var(--del)}pre span{display:block;min-height:1.45em}
        details{margin:.5rem 0}summary{cursor:pointer}ul{padding-left:1.2rem;margin:.4rem 0}li{overflow-wrap:anywhere}
        svg{max-width:100%;height:auto}
        @media(max-width:40rem){body{padding:.8rem}.sides{grid-template-columns:1fr}th,td{padding:.35rem .5rem}}
        """;

    public static string Of(RefreshAnswer answer)
    {
        var page = new StringBuilder();
        var title = $"patchforge refresh {string.Join(", ", answer.Releases.Select(release => release.Release))}";
        Begin(page, title, answer.Package, answer.Tool);
        page.Append("<p>").Append(answer switch
        {
            { Succeeded: true } => "<b class=\"good\">done</b>",
            { DidWhatItCould: true } => "<b class=\"good\">done</b>, <b class=\"warn\">but for what this machine has not</b>",
            _ => "<b class=\"bad\">not done</b>",
        })
            .Append(answer.DryRun ? " · dry run, nothing was written" : "").Append("</p>\n");
        if (answer.Scratch is { } scratch)
        {
            Note(page, "warn", $"Unofficial: a source here is not the official distfile. The overlay was not touched; the result is a scratch copy in {scratch}.");
        }

        foreach (var note in answer.Notes)
        {
            Note(page, "warn", note);
        }

        Overview(page, answer);
        foreach (var release in answer.Releases)
        {
            Release(page, release);
        }

        Changed(page, answer);
        return page.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>Everything of a page up to what is its own; the caller ends it.</summary>
    internal static void Begin(StringBuilder page, string title, string package, string tool) =>
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<title>").Append(Text(title)).Append("</title>\n<style>\n").Append(Style).Append("\n</style>\n</head>\n<body>\n")
            .Append("<p class=\"dim\">").Append(Text(package)).Append(" · ").Append(Text(tool)).Append("</p>\n<h1>").Append(Text(title)).Append("</h1>\n");

    private static void Overview(StringBuilder page, RefreshAnswer answer)
    {
        Table(page, ["release", "distfile", "series", "ebuild", "Manifest", "md5-cache", "build", "smoke", "attacks"], answer.Releases.Select(release => new[]
        {
            $"<b>{Text(release.Release)}</b>",
            release.Source is { } source ? Mark(source.Official ? "good" : "warn", source.Verdict) : Mark("bad", release.NoSource),
            SeriesCell(release),
            Text(release.Ebuild?.Written ?? "–"),
            Text(release.Ebuild?.Manifest ?? "–"),
            Text(release.Ebuild?.Cache ?? "–"),
            Cells(release.Builds.Select(build => Mark(build.Succeeded ? "good" : "bad", $"{build.Variant} {(build.Succeeded ? "built" : "failed")}"))),
            Cells(release.Smokes.Select(smoke => Mark(smoke.Succeeded ? "good" : "bad", $"{smoke.Variant} {smoke.Probes.Count(probe => probe.Passed)}/{smoke.Probes.Length}"))),
            release.Attack is { } attack ? Mark(attack.Succeeded ? "good" : "bad", attack.InShort()) : "–",
        }));
    }

    private static string SeriesCell(ReleaseAnswer release)
    {
        if (release.Patches.IsEmpty)
        {
            return "–";
        }

        var conflicts = release.Patches.Count(patch => patch.State == "conflict");
        return conflicts > 0
            ? Mark("bad", $"{conflicts} of {release.Patches.Length} in conflict")
            : Mark("good", $"{release.Patches.Length} apply");
    }

    private static void Release(StringBuilder page, ReleaseAnswer release)
    {
        page.Append("<h2>").Append(Text(release.Release)).Append("</h2>\n");
        if (release.Failure is { } failure)
        {
            var where = failure.At is { } at ? at + ": " : "";
            Note(page, "bad", $"{where}{failure.Sentence}{(failure.Hint is { } hint ? " — " + hint : "")}");
        }

        if (release.Source is { } source)
        {
            page.Append("<p>").Append(Mark(source.Official ? "good" : "warn", source.Verdict)).Append(" <code>").Append(Text(source.File))
                .Append("</code> from ").Append(Text(source.From)).Append("<br><span class=\"dim\">").Append(Text(source.Detail)).Append("</span></p>\n");
        }

        if (!release.Patches.IsEmpty)
        {
            page.Append("<h3>Series</h3>\n");
            Table(page, ["patch", "state", "what it does"], release.Patches.Select(patch => new[]
            {
                $"<code>{Text(patch.Name)}</code>{(patch.Generated ? " <span class=\"dim\">generated</span>" : "")}",
                Mark(patch.State == "conflict" ? "bad" : patch.State == "unmodified" ? "good" : "warn", patch.State) + MovedCount(patch),
                Text(patch.Subject),
            }));
            foreach (var patch in release.Patches.Where(patch => !patch.Moved.IsEmpty))
            {
                Moved(page, patch);
            }
        }

        ConflictHtml.Add(page, release.Conflicts);
        foreach (var build in release.Builds)
        {
            Build(page, build);
        }

        foreach (var smoke in release.Smokes)
        {
            Smoke(page, smoke);
        }

        if (release.Attack is { } attack)
        {
            page.Append("<h2>").Append(Text(release.Release)).Append(": attacks</h2>\n");
            AttackHtml.Section(page, attack);
        }

        if (release.Figures is { } figures)
        {
            page.Append("<h2>").Append(Text(release.Release)).Append(": a quick look at its speed</h2>\n");
            BenchHtml.Section(page, figures);
        }
    }

    private static string MovedCount(PatchFacts patch) =>
        patch.Moved.IsEmpty ? "" : $" <span class=\"dim\">{patch.Moved.Length} hunk{(patch.Moved.Length == 1 ? "" : "s")} moved</span>";

    private static void Moved(StringBuilder page, PatchFacts patch)
    {
        page.Append("<details").Append(patch.State == "conflict" ? " open" : "").Append("><summary><code>").Append(Text(patch.Name)).Append("</code>: hunks that moved</summary>\n");
        foreach (var hunk in patch.Moved)
        {
            page.Append("<h3>").Append(Text(string.Create(CultureInfo.InvariantCulture, $"{hunk.File}:{hunk.Line}"))).Append(" <span class=\"dim\">")
                .Append(Text(HunkOutcome(hunk))).Append("</span></h3>\n<div class=\"sides\"><div><h4>the patch says</h4>").Append(Diff(hunk.Was))
                .Append("</div><div><h4>the file has</h4>").Append(hunk.Is.Length > 0 ? Diff(hunk.Is) : "<pre class=\"dim\">no such place</pre>").Append("</div></div>\n");
        }

        page.Append("</details>\n");
    }

    private static string HunkOutcome(HunkFacts hunk) => string.Create(
        CultureInfo.InvariantCulture,
        $"{hunk.Outcome}{(hunk.Offset != 0 ? $", offset {hunk.Offset:+0;-0}" : "")}{(hunk.Fuzz != 0 ? $", fuzz {hunk.Fuzz}" : "")}");

    private static void Build(StringBuilder page, BuildFacts build)
    {
        page.Append("<h3>Build: ").Append(Text(build.Variant)).Append("</h3>\n<p>").Append(Mark(build.Succeeded ? "good" : "bad", build.Succeeded ? "built" : "failed"))
            .Append(Text(string.Create(CultureInfo.InvariantCulture, $" in {build.Root} by {build.How}, {(build.Reused ? "kept from an earlier run" : $"{build.Seconds:F0} s")}")))
            .Append("<br><span class=\"dim\">log: <code>").Append(Text(build.Log)).Append("</code></span></p>\n");
        if (build.Emerge is { } emerge)
        {
            page.Append("<p><code>").Append(Text(emerge)).Append("</code>").Append(build is { Succeeded: true, Qa.IsEmpty: true } ? "<br>no QA notice, no file that collides" : "").Append("</p>\n");
        }

        if (!build.Qa.IsEmpty)
        {
            page.Append("<p>Portage's checks of what was installed:</p>\n<ul>").AppendJoin("", build.Qa.Select(notice => $"<li>{Text(notice)}</li>")).Append("</ul>\n");
        }

        if (!build.LastLines.IsEmpty)
        {
            page.Append("<details").Append(build.Succeeded ? "" : " open").Append("><summary>").Append(build.Succeeded ? "the end of the log" : "what went wrong").Append("</summary><pre>")
                .Append(Text(string.Join('\n', build.LastLines))).Append("</pre></details>\n");
        }
    }

    private static void Smoke(StringBuilder page, SmokeFacts smoke)
    {
        page.Append("<h3>Smoke: ").Append(Text(smoke.Variant)).Append(" <span class=\"dim\">").Append(Text(string.Create(CultureInfo.InvariantCulture, $"{smoke.Seconds:F0} s"))).Append("</span></h3>\n");
        Table(page, ["probe", "verdict", "expected", "seen"], smoke.Probes.Select(probe => new[]
        {
            Text(probe.Name),
            Mark(probe.Passed ? "good" : "bad", probe.Passed ? "passed" : "failed"),
            $"<code>{Text(probe.Expected)}</code>",
            $"<code>{Text(probe.Seen)}</code>",
        }));
        if (smoke.Kept is { } kept)
        {
            page.Append("<p class=\"dim\">configuration and logs: <code>").Append(Text(kept)).Append("</code></p>\n");
        }
    }

    private static void Changed(StringBuilder page, RefreshAnswer answer)
    {
        page.Append("<h2>Files</h2>\n");
        if (answer.Changed.IsEmpty)
        {
            page.Append("<p>Nothing changed.</p>\n");
            return;
        }

        page.Append("<ul>\n");
        foreach (var path in answer.Changed)
        {
            page.Append("<li><code>").Append(Text(path)).Append("</code></li>\n");
        }

        page.Append("</ul>\n");
    }

    internal static void Table(StringBuilder page, string[] heads, IEnumerable<string[]> rows)
    {
        page.Append("<div class=\"scroll\"><table>\n<thead><tr>").Append(string.Concat(heads.Select(head => $"<th scope=\"col\">{Text(head)}</th>"))).Append("</tr></thead>\n<tbody>\n");
        foreach (var row in rows)
        {
            page.Append("<tr>").Append(string.Concat(row.Select(cell => $"<td>{cell}</td>"))).Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static string Diff(string hunk)
    {
        var lines = hunk.TrimEnd('\n').Split('\n').Select(line => line switch
        {
            ['+', ..] => $"<span class=\"add\">{Text(line)}</span>",
            ['-', ..] => $"<span class=\"del\">{Text(line)}</span>",
            _ => $"<span>{Text(line)}</span>",
        });
        return "<pre>" + string.Concat(lines) + "</pre>";
    }

    internal static void Note(StringBuilder page, string kind, string sentence) =>
        page.Append("<p class=\"note ").Append(kind == "bad" ? "bad" : "").Append("\">").Append(Text(sentence)).Append("</p>\n");

    private static string Cells(IEnumerable<string> cells) => string.Join("<br>", cells) is { Length: > 0 } joined ? joined : "–";

    internal static string Mark(string kind, string word) => $"<b class=\"{kind}\">{Text(word)}</b>";

    /// <summary>Text for a page: markup escaped, and control characters shown, so that a log cannot reshape the report.</summary>
    internal static string Text(string text) =>
        WebUtility.HtmlEncode(string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\ufffd' : c)));
}
