using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using PatchForge.Matrix;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

/// <summary>Jobs' answers become one; what is broken, foreign or twice there is told and hides nothing.</summary>
public sealed class MergeMatrixTests : IDisposable
{
    private static readonly MatrixPlan s_plan = new(
        "www-servers/apache",
        "patchforge 0.1.0",
        "5e77",
        [
            new(1, "2.0.65-itk-host", "2.0.65", "2.0", "itk", "host", "5e41e5", ["./patchforge"]),
            new(2, "2.0.65-prefork-host", "2.0.65", "2.0", "prefork", "host", "5e41e5", ["./patchforge"]),
        ]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Results_fill_the_plan_in_its_order_whatever_the_files_are_called()
    {
        var answer = Merge(s_plan, Result("a", "prefork"), Result("b", "itk"));

        Assert.Equal([("2.0.65-itk-host", "passed"), ("2.0.65-prefork-host", "passed")], answer.Cells.Select(cell => (cell.Job, cell.State)));
        Assert.Equal(["2/2", "2/2"], answer.Cells.Select(cell => cell.Smoke));
        Assert.Equal((0, "box"), (answer.ExitCode, answer.Cells[0].Machine));
        Assert.Equal(
            "release  root  itk         prefork\n"
            + "2.0.65   host  passed 2/2  passed 2/2\n"
            + "\n2 of 2 jobs passed, 0 without a result, 0 files not counted\n",
            MatrixText.Of(answer));
    }

    [Fact]
    public void A_job_without_a_result_is_named_and_counts_as_missing()
    {
        var answer = Merge(s_plan, Result("a", "itk"));

        Assert.Equal((5, "no result"), (answer.ExitCode, answer.Cells[1].State));
        Assert.Contains("2.0.65-prefork-host: no result", MatrixText.Of(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void The_gravest_end_counts_and_a_missing_distfile_least()
    {
        Assert.Equal(5, Merge(s_plan, Result("a", "itk"), Result("b", "prefork", Failed("missing", 5))).ExitCode);
        Assert.Equal(1, Merge(s_plan, Result("a", "itk", Failed("missing", 5)), Result("b", "prefork", Failed("refused", 1))).ExitCode);
        Assert.Equal(3, Merge(s_plan, Result("a", "itk", Failed("conflict", 3)), Result("b", "prefork", Failed("refused", 1))).ExitCode);
    }

    [Fact]
    public void A_probe_that_failed_makes_the_job_fail_whatever_the_answer_says_of_itself()
    {
        var answer = Merge(s_plan, Result("a", "itk", json => Release(json)["smokes"]![0]!["probes"]![1]!["passed"] = false), Result("b", "prefork"));

        Assert.Equal((1, "smoke failed", "1/2"), (answer.ExitCode, answer.Cells[0].State, answer.Cells[0].Smoke));
        Assert.Equal(["b: expected 200, seen 200"], answer.Cells[0].Excerpt);
    }

    [Fact]
    public void A_build_that_failed_shows_the_end_of_its_log_and_where_that_is()
    {
        var answer = Merge(s_plan, Result("a", "itk", json =>
        {
            Release(json)["builds"]![0]!["succeeded"] = false;
            Release(json)["smokes"] = new JsonArray();
        }));

        Assert.Equal(("build failed", "/state/make.log"), (answer.Cells[0].State, answer.Cells[0].Log));
        Assert.Contains("itk.c:1: error \ufffd[31m", answer.Cells[0].Excerpt[0], StringComparison.Ordinal);
        Assert.Contains("<pre>itk.c:1: error", MatrixHtml.Of(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void An_attack_that_got_through_makes_the_job_fail()
    {
        var answer = Merge(s_plan, Result("a", "itk", json => Release(json)["attack"] = JsonNode.Parse("""
            {"models": ["pool"], "attacks": [{"id": "uid-root", "models": [{"model": "pool", "expected": "stopped", "outcome": "succeeded", "verdict": "wrong", "why": "it <got> through", "tried": "", "kernel": "", "evidence": ""}]}]}
            """)));

        Assert.Equal(("attack failed", "pool 0/1"), (answer.Cells[0].State, answer.Cells[0].Attack));
        Assert.Contains("uid-root on pool: wrong: it &lt;got&gt; through", MatrixHtml.Of(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("series", "made with another series of 2.0.65 than the plan: 0ther here, 5e41e5 there")]
    [InlineData("settings", "made with another settings than the plan: 0ther here, 5e77 there")]
    [InlineData("tool", "made with another tool than the plan: 0ther here, patchforge 0.1.0 there")]
    [InlineData("package", "made with another package than the plan: 0ther here, www-servers/apache there")]
    public void A_result_that_was_made_of_something_else_than_was_planned_does_not_count(string what, string sentence)
    {
        var answer = Merge(s_plan, Result("a", "itk", Other(what)), Result("b", "prefork"));

        Assert.Equal(["no result", "passed"], answer.Cells.Select(cell => cell.State));
        Assert.Equal(1, answer.ExitCode);
        var problem = Assert.Single(answer.Problems);
        Assert.EndsWith("/a.json", problem.File, StringComparison.Ordinal);
        Assert.StartsWith(sentence, problem.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("series")]
    [InlineData("settings")]
    [InlineData("source")]
    public void Without_a_plan_results_have_to_agree_with_the_first_by_name(string what)
    {
        var answer = Merge(null, Result("b", "prefork", Other(what)), Result("a", "itk"));

        Assert.Equal(["itk"], answer.Cells.Select(cell => cell.Variant));
        Assert.Contains("/a.json: 0ther here", Assert.Single(answer.Problems).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_that_was_cut_short_names_its_file_and_the_place()
    {
        var file = Result("a", "itk");
        File.WriteAllText(file, File.ReadAllText(file)[..200]);
        var empty = Written("c.json", "");

        var answer = Merge(s_plan, file, Result("b", "prefork"), empty, Path.Combine(_folder.Path, "d.json"));

        Assert.Equal(["no result", "passed"], answer.Cells.Select(cell => cell.State));
        Assert.Equal(["a.json", "c.json", "d.json"], answer.Problems.Select(problem => Path.GetFileName(problem.File)));
        Assert.Matches("^line \\d+, column \\d+: this is no whole answer", answer.Problems[0].Sentence);
        Assert.Contains("empty", answer.Problems[1].Sentence, StringComparison.Ordinal);
        Assert.Contains("no such file", answer.Problems[2].Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"releases": 1}""")]
    [InlineData("""{"releases": [null], "trial": null}""")]
    [InlineData("""{"releases": []}""")]
    [InlineData("""{"package": "a", "package": "b"}""")]
    [InlineData("""{"trial": {"variants": [null], "root": "host", "machine": "m", "built": true, "settings": "", "series": {}}, "releases": [{"release": "1", "line": "1", "builds": [], "smokes": []}]}""")]
    [InlineData("""{"trial": {"variants": ["itk"], "root": "host", "machine": "m", "built": true, "settings": "", "series": {}}, "releases": [{"release": "1", "line": "1", "builds": null, "smokes": []}]}""")]
    [InlineData("<html>504 Gateway Time-out</html>")]
    public void Anybodys_bytes_are_refused_and_nothing_worse(string bytes)
    {
        var answer = Merge(null, Written("evil.json", bytes));

        Assert.Empty(answer.Cells);
        Assert.EndsWith("evil.json", Assert.Single(answer.Problems).File, StringComparison.Ordinal);
        Assert.Equal(1, answer.ExitCode);
    }

    [Fact]
    public void Two_results_of_one_job_and_results_of_no_job_of_the_plan_do_not_count()
    {
        var answer = Merge(s_plan, Result("a", "itk"), Result("b", "itk"), Result("c", "worker"), Result("d", "prefork", json => json["trial"] = null));

        Assert.Equal(["passed", "no result"], answer.Cells.Select(cell => cell.State));
        Assert.Contains("/a.json already", answer.Problems[0].Sentence, StringComparison.Ordinal);
        Assert.Contains("the plan has no job for 2.0.65, worker, host", answer.Problems[1].Sentence, StringComparison.Ordinal);
        Assert.Contains("does not say what was tried", answer.Problems[2].Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.0.65-prefork-host")]
    [InlineData("2")]
    public void A_job_that_ended_before_it_began_is_known_by_its_files_name(string name)
    {
        var file = Written(name + ".json", JsonText.Of(Failure.Missing("there is no settings file", "name another")));

        var answer = Merge(s_plan, Result("1", "itk"), file);

        Assert.Equal(("missing", "there is no settings file"), (answer.Cells[1].State, answer.Cells[1].Failure?.Sentence));
        Assert.Equal(1, Merge(s_plan, Written("x.json", File.ReadAllText(file))).ExitCode);
    }

    [Fact]
    public void Nothing_of_a_result_reshapes_the_report()
    {
        var page = MatrixHtml.Of(Merge(null, Result("a", "<script>alert(1)</script>", json => json["trial"]!["machine"] = "\u001b[2J<b>")));

        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', page);
        Assert.Contains("[2J&lt;b&gt;", page, StringComparison.Ordinal);
    }

    private static MatrixAnswer Merge(MatrixPlan? plan, params ImmutableArray<string> files) => MergeMatrix.Run(new MergeMatrixRequest(files, plan));

    private string Written(string name, string text) => _folder.Write(name, Encoding.UTF8.GetBytes(text));

    private static JsonNode Release(JsonNode json) => json["releases"]![0]!;

    private static Action<JsonNode> Failed(string kind, int code) => json =>
    {
        Release(json)["builds"] = new JsonArray();
        Release(json)["smokes"] = new JsonArray();
        Release(json)["failure"] = JsonNode.Parse($$"""{"kind": "{{kind}}", "exitCode": {{code}}, "sentence": "why"}""");
    };

    private static Action<JsonNode> Other(string what) => json =>
    {
        switch (what)
        {
            case "series":
                json["trial"]!["series"]!["2.0.65"] = "0ther";
                break;
            case "settings":
                json["trial"]!["settings"] = "0ther";
                break;
            case "source":
                Release(json)["source"]!["tree"] = "0ther";
                break;
            default:
                json[what] = "0ther";
                break;
        }
    };

    /// <summary>What the tool itself writes, so that the two stay one format; then bent by the test.</summary>
    private string Result(string name, string variant, Action<JsonNode>? bend = null)
    {
        var json = JsonNode.Parse(JsonText.Of(
            new RefreshAnswer(
                "www-servers/apache",
                "patchforge 0.1.0",
                true,
                null,
                [
                    new ReleaseAnswer(
                        "2.0.65",
                        "2.0",
                        new SourceFacts("httpd-2.0.65.tar.bz2", "/distfiles", "official", "") { Tree = "7433" },
                        [],
                        null,
                        [new BuildFacts(variant, "host", "configure-make-install", true, false, 12, "/state/make.log", ["itk.c:1: error \u001b[31m"])],
                        [new SmokeFacts(variant, 3, [new ProbeFacts("a", "200", "200", true), new ProbeFacts("b", "200", "200", true)], null)],
                        null),
                ],
                [],
                [])
            {
                Trial = new TrialFacts([variant], "host", "box", true, "5e77", ImmutableSortedDictionary<string, string>.Empty.Add("2.0.65", "5e41e5")),
            },
            Json.Default.RefreshAnswer))!;
        bend?.Invoke(json);
        return Written(name + ".json", json.ToJsonString());
    }
}
