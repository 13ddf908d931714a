using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Matrix;

/// <summary>A plan as the engines take it that run its jobs.</summary>
public static class MatrixForms
{
    /// <summary>GitHub's limit of jobs of one matrix (GitHub Docs, "Running variations of jobs in a workflow").</summary>
    private const int MostOnGitHub = 256;

    /// <summary>GitLab's limit of permutations of one matrix (CI/CD YAML syntax reference, "parallel:matrix").</summary>
    private const int MostOnGitLab = 200;

    private static readonly JsonWriterOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>GNU parallel: a job a line, each a command for the remote shell. Its answer is what it prints.</summary>
    public static string Parallel(MatrixPlan plan) => string.Concat(plan.Jobs.Select(job => job.CommandLine + "\n"));

    /// <summary>GitHub: the value of <c>strategy.matrix</c>, on one line as <c>$GITHUB_OUTPUT</c> wants it.</summary>
    /// <exception cref="Failure">Refused: more jobs than GitHub takes.</exception>
    public static string GitHub(MatrixPlan plan)
    {
        Limit(plan, MostOnGitHub, "GitHub");
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, s_readable))
        {
            json.WriteStartObject();
            json.WriteStartArray("include");
            foreach (var job in plan.Jobs)
            {
                json.WriteStartObject();
                json.WriteString("job", job.Id);
                json.WriteString("release", job.Release);
                json.WriteString("variant", job.Variant);
                json.WriteString("root", job.Root);
                json.WriteString("command", job.CommandLine);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    /// <summary>GitHub: a whole workflow that plans anew on each run, so that it need not change when releases are added.</summary>
    /// <param name="call">The words that call the tool.</param>
    /// <param name="planning">Those that follow to make the plan, without what its form is.</param>
    public static string Workflow(ImmutableArray<string> call, ImmutableArray<string> planning)
    {
        var (tool, plan) = (Line(call), Line([.. call, .. planning]));
        object[] start =
        [
            new YamlEntries { { "uses", "actions/checkout@v4" } },
            new YamlEntries { { "uses", "actions/setup-dotnet@v4" }, { "with", new YamlEntries { { "global-json-file", "global.json" } } } },
        ];
        return YamlOutput.Of(new YamlEntries
        {
            { "name", "matrix" },
            { "on", new YamlEntries { { "workflow_dispatch", new YamlEntries() } } },
            { "permissions", new YamlEntries { { "contents", "read" } } },
            {
                "jobs", new YamlEntries
                {
                    {
                        "plan", new YamlEntries
                        {
                            { "runs-on", "ubuntu-latest" },
                            { "outputs", new YamlEntries { { "matrix", "${{ steps.plan.outputs.matrix }}" } } },
                            {
                                "steps", new object[]
                                {
                                    start[0],
                                    start[1],
                                    new YamlEntries { { "run", plan + " --format json > plan.json" } },
                                    new YamlEntries { { "id", "plan" }, { "run", $"matrix=$({plan} --for github)\necho \"matrix=$matrix\" >> \"$GITHUB_OUTPUT\"\n" } },
                                    Upload("plan", "plan.json"),
                                }
                            },
                        }
                    },
                    {
                        "job", new YamlEntries
                        {
                            { "needs", "plan" },
                            { "name", "${{ matrix.job }}" },
                            { "runs-on", "ubuntu-latest" },
                            { "strategy", new YamlEntries { { "fail-fast", false }, { "matrix", "${{ fromJSON(needs.plan.outputs.matrix) }}" } } },
                            {
                                "steps", new object[]
                                {
                                    start[0],
                                    start[1],
                                    new YamlEntries { { "run", "${{ matrix.command }} > '${{ matrix.job }}.json'" } },
                                    Upload("result-${{ matrix.job }}", "${{ matrix.job }}.json"),
                                }
                            },
                        }
                    },
                    {
                        "merge", new YamlEntries
                        {
                            { "needs", new object[] { "plan", "job" } },
                            { "if", "${{ always() }}" },
                            { "runs-on", "ubuntu-latest" },
                            {
                                "steps", new object[]
                                {
                                    start[0],
                                    start[1],
                                    new YamlEntries { { "uses", "actions/download-artifact@v4" }, { "with", new YamlEntries { { "name", "plan" } } } },
                                    new YamlEntries { { "uses", "actions/download-artifact@v4" }, { "with", new YamlEntries { { "pattern", "result-*" }, { "path", "results" }, { "merge-multiple", true } } } },
                                    new YamlEntries { { "run", tool + " matrix merge results/*.json --expect plan.json --report matrix.html" } },
                                    Upload("report", "matrix.html"),
                                }
                            },
                        }
                    },
                }
            },
        });
    }

    /// <summary>GitLab: jobs to be included in a <c>.gitlab-ci.yml</c> or run as a child pipeline.</summary>
    /// <param name="call">The words that call the tool.</param>
    /// <param name="planning">Those that follow to make the plan, without what its form is.</param>
    /// <exception cref="Failure">Refused: more jobs than GitLab takes, or a dollar sign, which its variables would expand.</exception>
    public static string GitLab(MatrixPlan plan, ImmutableArray<string> call, ImmutableArray<string> planning)
    {
        Limit(plan, MostOnGitLab, "GitLab");
        if (plan.Jobs.FirstOrDefault(job => job.CommandLine.Contains('$', StringComparison.Ordinal)) is { } dollar)
        {
            throw Failure.Refused($"the command of {dollar.Id} has a '$', which GitLab would take for a variable: {dollar.CommandLine}", "name the root or folder otherwise");
        }

        return YamlOutput.Of(new YamlEntries
        {
            {
                "matrix", new YamlEntries
                {
                    { "stage", "test" },
                    { "parallel", new YamlEntries { { "matrix", plan.Jobs.Select(job => (object)new YamlEntries { { "JOB", job.Id }, { "COMMAND", job.CommandLine } }).ToArray() } } },
                    { "script", new object[] { "mkdir -p results", "eval \"$COMMAND\" > \"results/$JOB.json\"" } },
                    { "artifacts", new YamlEntries { { "when", "always" }, { "paths", new object[] { "results/" } } } },
                }
            },
            {
                "merge", new YamlEntries
                {
                    { "stage", ".post" },
                    { "when", "always" },
                    {
                        "script", new object[]
                        {
                            Line([.. call, .. planning]) + " --format json > plan.json",
                            Line(call) + " matrix merge results/*.json --expect plan.json --report matrix.html",
                        }
                    },
                    { "artifacts", new YamlEntries { { "when", "always" }, { "paths", new object[] { "matrix.html" } } } },
                }
            },
        });
    }

    private static string Line(ImmutableArray<string> words) => string.Join(' ', words.Select(ShellQuoting.Quote));

    private static YamlEntries Upload(string name, string path) => new()
    {
        { "if", "${{ always() }}" },
        { "uses", "actions/upload-artifact@v4" },
        { "with", new YamlEntries { { "name", name }, { "path", path } } },
    };

    private static void Limit(MatrixPlan plan, int most, string engine)
    {
        if (plan.Jobs.Length > most)
        {
            throw Failure.Refused($"the plan has {plan.Jobs.Length} jobs, and {engine} takes {most} of one matrix", "plan each line or root by itself: --line, --root");
        }
    }
}
