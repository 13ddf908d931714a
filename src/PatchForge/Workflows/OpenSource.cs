using System.Collections.Immutable;
using PatchForge.Archives;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;
using PatchForge.Trees;

namespace PatchForge.Workflows;

/// <summary>A release's source, ready to be read. Disposing lets go of git repositories; the tree is not read after that.</summary>
/// <param name="Tree">The release without its top folder.</param>
/// <param name="Folder">The unpacked files, read only and shared; null where the source is git.</param>
/// <param name="Archive">The file's name; null where the source is git.</param>
/// <param name="From">The archive's path, or the repositories and tags.</param>
public sealed record SourceAnswer(string Release, ITree Tree, string? Folder, DistfileVerdict Verdict, string? Archive, string From) : IDisposable
{
    internal ImmutableArray<IGitSnapshot> Snapshots { get; init; } = [];

    public void Dispose()
    {
        foreach (var snapshot in Snapshots)
        {
            snapshot.Dispose();
        }
    }
}

/// <summary>Opens the source of a release, from its distfile (unpacked once into the cache) or from local clones of upstream.</summary>
public sealed class OpenSource(Outside outside, Func<string, string?> variable)
{
    private readonly FetchDistfiles _fetch = new(outside, variable);

    /// <exception cref="Failure">Missing or Refused, as <see cref="FetchDistfiles"/> and <see cref="Unpacking"/> say.</exception>
    public async Task<SourceAnswer> Run(ForgeSettings settings, string version, SourceOptions options, CancellationToken cancel)
    {
        if (options.Git is { } folder)
        {
            return FromGit(settings, version, folder);
        }

        var fetched = await _fetch.One(settings, version, options, cancel);
        if (fetched is not { File: { } archive, Verdict: { } verdict, Sha512: { } sha512 })
        {
            throw new InvalidOperationException("A fetched distfile has a file and a verdict.");
        }

        var cache = new SourceCache(UserCache.Folder(variable));
        var tree = cache.Has(archive, sha512)
            ? cache.Open(archive, sha512, ArchiveLimits.Default, null, cancel)
            : await outside.Story.During($"unpacking {fetched.Distfile}", step => Task.Run(() => cache.Open(archive, sha512, ArchiveLimits.Default, step, cancel), cancel));
        return new SourceAnswer(version, new DirectoryTree(tree), tree, verdict, fetched.Distfile, archive);
    }

    private SourceAnswer FromGit(ForgeSettings settings, string version, string folder)
    {
        var (line, release) = settings.Release(version);
        var upstream = line.Upstream.Git
            ?? throw Failure.Refused($"{settings.File} does not say how upstream's git makes a release", "add 'git' to upstream, see docs/settings.md");
        var git = outside.Git ?? throw new InvalidOperationException("This command opened no way to git repositories.");
        var parts = ImmutableArray.CreateBuilder<(IGitSnapshot Snapshot, string Folder)>();
        try
        {
            var from = new List<string>();
            Take(upstream.Repository, upstream.ClonePath, upstream.Tag.Replace("{version}", version, StringComparison.Ordinal), "", isMain: true);
            foreach (var component in upstream.Components)
            {
                var tag = release.Components.GetValueOrDefault(component.Repository) ?? throw Failure.Refused(
                    $"{version} does not say which tag of {component.Repository} it goes with", $"add it to 'components' of the release: {component.Repository}: TAG", release.At);
                Take(component.Repository, component.ClonePath, tag, component.Path, isMain: false);
            }

            var source = string.Join(", ", from);
            return new SourceAnswer(version, new GitTree(parts), null, new DistfileVerdict.Unofficial($"made of git tags: {source}"), null, source)
            {
                Snapshots = [.. parts.Select(part => part.Snapshot)],
            };

            void Take(string name, string? path, string tag, string below, bool isMain)
            {
                var repository = Repository(git, settings, name, path, folder, isMain);
                parts.Add((git.OpenTag(repository, tag) ?? throw Failure.Refused(
                    $"{repository} has no tag {tag}", $"fetch the tags: git -C {repository} fetch --tags"), below));
                from.Add($"{repository} at {tag}");
            }
        }
        catch
        {
            foreach (var (snapshot, _) in parts)
            {
                snapshot.Dispose();
            }

            throw;
        }
    }

    /// <summary>
    /// The clone of that name: where the settings say, else DIR/NAME or DIR/NAME.git. DIR may be the main clone itself; the others are looked for
    /// beside it then.
    /// </summary>
    internal static string Repository(IGitRepositories git, ForgeSettings settings, string name, string? path, string folder, bool isMain)
    {
        var dir = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var places = new List<string>();
        if (path is not null)
        {
            places.Add(settings.PathOf(path));
        }
        else if (git.IsRepository(dir))
        {
            var parent = Path.GetDirectoryName(dir) ?? dir;
            places.AddRange(isMain ? [dir] : [Path.Combine(parent, name), Path.Combine(parent, name + ".git")]);
        }
        else
        {
            places.AddRange([Path.Combine(dir, name), Path.Combine(dir, name + ".git")]);
        }

        return places.Find(git.IsRepository) ?? throw new Failure(
            FailureKind.Missing,
            $"there is no git repository of {name}",
            $"clone it to {places[0]}, or say where it is: 'clone: PATH' beside its name in {settings.File}\nlooked for: {string.Join(", ", places)}")
        {
            Facts = ImmutableSortedDictionary.CreateRange(
                StringComparer.Ordinal, [KeyValuePair.Create<string, ImmutableArray<string>>("looked-in", [.. places])]),
        };
    }
}
