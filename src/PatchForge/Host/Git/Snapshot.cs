using System.Collections.Immutable;
using LibGit2Sharp;
using PatchForge.Seams;

namespace PatchForge.Host.Git;

/// <summary>The files of one commit, read from the object database.</summary>
internal sealed class Snapshot : IGitSnapshot
{
    private readonly Repository _repository;
    private readonly bool _owns;
    private readonly Lock _gate = new(); // libgit2's handles are not for several threads at once

    /// <param name="owns">Whether the repository goes with the snapshot.</param>
    public Snapshot(Repository repository, Commit commit, bool owns)
    {
        (_repository, _owns) = (repository, owns);
        Commit = commit.Sha;
        var entries = ImmutableArray.CreateBuilder<GitEntry>();
        Walk(commit.Tree, "", entries);
        Entries = entries.ToImmutable();
    }

    public string Commit { get; }

    public ImmutableArray<GitEntry> Entries { get; }

    public byte[] Read(string id)
    {
        lock (_gate)
        {
            var blob = _repository.Lookup<Blob>(id)
                ?? throw Failure.Refused($"the object {id} is not in {_repository.Info.Path}", "is the clone shallow or partial? fetch it whole");
            using var content = blob.GetContentStream();
            var bytes = new MemoryStream();
            content.CopyTo(bytes);
            return bytes.ToArray();
        }
    }

    public void Dispose()
    {
        if (_owns)
        {
            _repository.Dispose();
        }
    }

    private static void Walk(Tree tree, string prefix, ImmutableArray<GitEntry>.Builder entries)
    {
        foreach (var entry in tree)
        {
            if (entry.Target is Tree below)
            {
                Walk(below, prefix + entry.Name + "/", entries);
            }
            else
            {
                entries.Add(new GitEntry(prefix + entry.Name, (int)entry.Mode, entry.Target.Sha));
            }
        }
    }
}
