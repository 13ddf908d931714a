using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Statistics = PatchForge.Bench.Statistics;
using PatchForge.EngineBench;

// Prints how long the patch engine takes beside quilt, git and patch: whole processes, paired in rounds, as ratios. docs/engine-bench.md.
var rounds = new Option<int>("--rounds") { Description = "How often each is measured", DefaultValueFactory = _ => 10 };
var patches = new Option<int>("--patches") { Description = "How long the generated series is", DefaultValueFactory = _ => 1000 };
var seed = new Option<ulong>("--seed") { Description = "Of the order in a round and of the resamples", DefaultValueFactory = _ => (ulong)Environment.TickCount64 };
var only = new Option<string[]>("--only") { Description = "start, apply, short, real, scale or fourteen; all when left out" };
var tool = new Option<string>("--tool") { Description = "The published patchforge", DefaultValueFactory = _ => Find("artifacts/tool/patchforge") };
var quilt = new Option<string?>("--quilt") { Description = "A folder with bin/quilt and share/quilt, where quilt is not installed" };
var command = new RootCommand("The patch engine beside quilt, git and patch") { rounds, patches, seed, only, tool, quilt };
command.SetAction(parsed =>
{
    var programs = new Programs(
        Path.GetFullPath(parsed.GetRequiredValue(tool)),
        parsed.GetValue(quilt) is { } folder ? Path.Combine(folder, "bin", "quilt") : Installed("quilt"),
        parsed.GetValue(quilt) is { } share ? Path.Combine(share, "share", "quilt") : null);
    if (!File.Exists(programs.Tool))
    {
        Console.Error.WriteLine($"engine-bench: there is no {programs.Tool}: run ./patchforge --version once, or name it with --tool");
        return 5;
    }

    var scratch = Directory.CreateTempSubdirectory("engine-bench-").FullName;
    try
    {
        Run(parsed, new Suites(programs, scratch), scratch);
        return 0;
    }
    finally
    {
        Directory.Delete(scratch, recursive: true);
    }
});
return command.Parse(args).Invoke();

void Run(ParseResult parsed, Suites suites, string scratch)
{
    var (count, length, start) = (parsed.GetValue(rounds), parsed.GetValue(patches), parsed.GetValue(seed));
    var wanted = parsed.GetValue(only) is { Length: > 0 } named ? named : ["start", "apply", "short", "real", "scale", "fourteen"];
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {start}, {count} rounds, {Environment.ProcessorCount} processors"));
    foreach (var what in wanted)
    {
        switch (what)
        {
            case "start":
                Show(suites.Start());
                break;
            case "apply":
                ShowAll(suites.Apply(new GeneratedPackage(Path.Combine(scratch, "package"), 1, length), length));
                break;
            case "short":
                foreach (var few in (int[])[1, 10, 100])
                {
                    ShowAll(suites.Apply(new GeneratedPackage(Path.Combine(scratch, $"package{few}"), 1, few), few));
                }

                break;
            case "real":
                ShowAll(suites.Real(Checkout(scratch), "2.0.65"));
                break;
            case "scale":
                Console.Write(Scale(suites, scratch, length, count));
                break;
            case "fourteen":
                Show(suites.Fourteen(Checkout(scratch)));
                break;
            default:
                throw new ArgumentException($"there is no '{what}': start, apply, short, real, scale, fourteen");
        }
    }

    void ShowAll(ImmutableArray<Contest> contests)
    {
        foreach (var contest in contests)
        {
            Show(contest);
        }
    }

    void Show(Contest contest) => Console.Write(Table.Of(contest.Name, contest.Run(count, start, Console.Error.WriteLine)));
}

static string Scale(Suites suites, string scratch, int length, int rounds)
{
    ImmutableArray<int> many = [1, 2, 4, 8];
    ImmutableArray<int> lengths = [length / 8, length / 4, length / 2, length];
    var packages = lengths.ToDictionary(size => size, size => new GeneratedPackage(Path.Combine(scratch, $"scale{size}"), many[^1], size));
    var seconds = new Dictionary<(int, int), List<double>>();
    for (var round = 0; round <= rounds; round++)
    {
        foreach (var (releases, size) in many.SelectMany(releases => lengths.Select(size => (releases, size))))
        {
            var arm = suites.Status(packages[size], releases);
            var folder = arm.Prepare();
            var took = arm.Measure(folder);
            Directory.Delete(folder, recursive: true);
            if (!seconds.TryGetValue((releases, size), out var list))
            {
                seconds[(releases, size)] = list = [];
            }

            // The first round unpacks into the cache.
            list.AddRange(round == 0 ? [] : [took]);
        }
    }

    return Table.OfGrid(many, lengths, (releases, size) => Statistics.Median([.. seconds[(releases, size)]]));
}

// The tracked files of this checkout, so that nothing of it changes.
static string Checkout(string scratch)
{
    var (home, copy) = (Path.GetDirectoryName(Find("patchforge.yaml")) ?? "/", Path.Combine(scratch, "checkout"));
    if (Directory.Exists(copy))
    {
        return copy;
    }

    Directory.CreateDirectory(copy);
    var arm = new Arm("copy of the checkout", () => copy, "sh", ["-c", "git -C \"$0\" archive HEAD | tar -x -C \"$1\"", home, copy]);
    arm.Measure(copy);
    return copy;
}

static string Find(string name)
{
    for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        if (File.Exists(Path.Combine(folder.FullName, "patchforge.yaml")))
        {
            return Path.Combine(folder.FullName, name);
        }
    }

    return name;
}

static string? Installed(string program) =>
    (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
