using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using PatchForge.Matrix;
using PatchForge.Reporting;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Tests.Shared;
using PatchForge.Workflows;

namespace PatchForge.Tests.Matrix;

/// <summary>The forms as engines read them: golden files, which the trial in docs/matrix.md ran.</summary>
public sealed class MatrixFormsTests
{
    private static readonly ForgeSettings s_ours = SettingsFile.Load(Path.Combine(Golden.Home, "patchforge.yaml"));
    private static readonly ImmutableArray<string> s_call = ["./patchforge"];
    private static readonly ImmutableArray<string> s_planning = ["matrix", "plan", "2.4.68", "2.0.65", "--root", "host", "--portage", "dir:/srv/a root"];

    [Fact]
    public async Task Jobs_are_in_the_settings_order_whatever_the_order_they_were_asked_in()
    {
        var plan = await Plan();

        Assert.Equal(
            [
                "2.0.65-itk-host", "2.0.65-prefork-host", "2.0.65-itk-dir-srv-a-root", "2.0.65-none-dir-srv-a-root",
                "2.4.68-itk-host", "2.4.68-prefork-host", "2.4.68-itk-dir-srv-a-root", "2.4.68-none-dir-srv-a-root",
            ],
            plan.Jobs.Select(job => job.Id));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], plan.Jobs.Select(job => job.Number));
        Assert.Equal(2, plan.Jobs.Select(job => job.Series).Distinct().Count());
        Assert.Equal(JsonText.Of(plan, Json.Default.MatrixPlan), JsonText.Of(await Plan(), Json.Default.MatrixPlan));
    }

    [Fact]
    public async Task Each_engine_gets_its_form()
    {
        var plan = await Plan();
        Golden.Check("tests/testdata/matrix/jobs.parallel", MatrixForms.Parallel(plan));
        Golden.Check("tests/testdata/matrix/matrix.github.json", MatrixForms.GitHub(plan));
        Golden.Check("tests/testdata/matrix/workflow.github.yaml", MatrixForms.Workflow(s_call, s_planning));
        Golden.Check("tests/testdata/matrix/jobs.gitlab.yaml", MatrixForms.GitLab(plan, s_call, s_planning));
    }

    [Fact]
    public async Task GitHubs_matrix_is_one_line_of_JSON_with_the_command_as_a_shell_reads_it()
    {
        var text = MatrixForms.GitHub(await Plan());

        Assert.Equal(1, text.Split('\n').Length - 1);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(
            "./patchforge refresh 2.0.65 --variant itk --root 'dir:/srv/a root' --no-attack --format json",
            json.RootElement.GetProperty("include")[2].GetProperty("command").GetString());
    }

    [Fact]
    public async Task A_plan_that_was_written_is_read_as_it_was()
    {
        var plan = await Plan();
        var text = JsonText.Of(plan, Json.Default.MatrixPlan);

        Assert.Equal(text, JsonText.Of(MatrixPlan.Read("plan.json", Encoding.UTF8.GetBytes(text)), Json.Default.MatrixPlan));
        foreach (var broken in (string[])[text[..100], "{}", "null", text.Replace("\"itk\"", "null", StringComparison.Ordinal), text.Replace("\"prefork\"", "\"itk\"", StringComparison.Ordinal)])
        {
            var failure = Assert.Throws<Failure>(() => MatrixPlan.Read("plan.json", Encoding.UTF8.GetBytes(broken)));
            Assert.Equal((FailureKind.Refused, "plan.json"), (failure.Kind, failure.At?.File));
        }
    }

    [Fact]
    public async Task More_jobs_than_an_engine_takes_and_what_it_would_expand_are_refused()
    {
        var plan = await Plan();
        var many = plan with { Jobs = [.. Enumerable.Range(0, 257).Select(number => plan.Jobs[0] with { Number = number })] };
        Assert.Contains("256", Assert.Throws<Failure>(() => MatrixForms.GitHub(many)).Message, StringComparison.Ordinal);
        Assert.Contains("200", Assert.Throws<Failure>(() => MatrixForms.GitLab(many, s_call, s_planning)).Message, StringComparison.Ordinal);
        var dollar = plan with { Jobs = [plan.Jobs[0] with { Command = ["./patchforge", "--root", "dir:/$HOME"] }] };
        Assert.Contains("'$'", Assert.Throws<Failure>(() => MatrixForms.GitLab(dollar, s_call, s_planning)).Message, StringComparison.Ordinal);
        Assert.Equal("./patchforge --root 'dir:/$HOME'\n", MatrixForms.Parallel(dollar));
    }

    [Theory]
    [InlineData("no-such", null)]
    [InlineData(null, "nowhere")]
    public async Task A_variant_or_root_that_is_none_is_told_when_planning(string? variant, string? root)
    {
        var failure = await Assert.ThrowsAsync<Failure>(() => PlanMatrix.Run(
            new PlanMatrixRequest(s_ours, ["2.4.68"], root is null ? [] : [root], [], variant is null ? [] : [variant], s_call, [], "test"), TestContext.Current.CancellationToken));
        Assert.Equal(FailureKind.CommandLine, failure.Kind);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("2.0")]
    [InlineData("a: b")]
    [InlineData("- x")]
    [InlineData("'\"\\ #")]
    [InlineData("one\ntwo\n")]
    public void Text_stays_text_in_YAML(string text) =>
        Assert.Equal(text, YamlText.Parse("out.yaml", Encoding.UTF8.GetBytes(YamlOutput.Of(new YamlEntries { { "key", text } }))).Map("the file", "key").Get("key") is YamlScalar { Value: var read, Quoted: true } ? read : "");

    private static Task<MatrixPlan> Plan() => PlanMatrix.Run(
        new PlanMatrixRequest(s_ours, ["2.4.68", "2.0.65"], ["host"], ["dir:/srv/a root"], [], s_call, ["--no-attack"], "patchforge 0.1.0"), TestContext.Current.CancellationToken);
}
