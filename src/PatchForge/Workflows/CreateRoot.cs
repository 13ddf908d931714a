using System.Collections.Immutable;
using System.Runtime.InteropServices;
using PatchForge.Releases;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <param name="Folder">The root's folder, made by this tool.</param>
/// <param name="Verdict">What it is trusted by, a sentence.</param>
public sealed record CreatedRoot(string Name, string Folder, long Size, string Verdict);

/// <summary>
/// Makes a root from a stage3: index, size, digests, signature and architecture are checked before anything is
/// unpacked, and a root that is half unpacked never has a root's name.
/// </summary>
public sealed class CreateRoot(Outside outside, IRoots roots)
{
    /// <summary>Larger than any stage3; a server that sends more is not heard to the end.</summary>
    private const long StageLimit = 8L << 30;

    private static readonly ImmutableArray<DigestAlgorithm> s_algorithms = [DigestAlgorithm.Blake2b, DigestAlgorithm.Sha512];

    /// <exception cref="Failure">Refused or Missing, saying what does not fit; nothing is left but finished downloads.</exception>
    public async Task<CreatedRoot> Run(RootSpec spec, Stage3Trust trust, CancellationToken cancel)
    {
        if (await roots.Ability(cancel) is RootAbility.None none)
        {
            throw Failure.Missing(none.Why, none.Hint);
        }

        MadeRoot.PrepareState(roots.StateFolder);
        return spec switch
        {
            RootSpec.Stage3File file => await FromFile(file.Path, trust, cancel),
            RootSpec.Stage3Address { IsIndex: true } index => await FromIndex(index.Address, trust, cancel),
            RootSpec.Stage3Address address => await FromAddress(address.Address, null, trust, cancel),
            _ => throw new Failure(FailureKind.CommandLine, $"the root {spec} is there already; only a stage3 is made into one", "stage3:PATH-or-URL"),
        };
    }

    private async Task<CreatedRoot> FromIndex(Uri address, Stage3Trust trust, CancellationToken cancel)
    {
        var name = Path.GetFileName(address.AbsolutePath);
        var text = trust.Signed(await Small(address, Stage3Index.Limit, cancel), name, outside.Clock.UtcNow).Text;
        var index = Stage3Index.Parse(text, name);
        index.Name.MustRunHere(RuntimeInformation.OSArchitecture);
        return await FromAddress(new Uri(address, index.Path), index.Size, trust, cancel);
    }

    private async Task<CreatedRoot> FromAddress(Uri address, long? size, Stage3Trust trust, CancellationToken cancel)
    {
        var name = Stage3Name.Parse(Path.GetFileName(address.AbsolutePath));
        name.MustRunHere(RuntimeInformation.OSArchitecture);
        var file = Path.Combine(Downloads(), name.File);

        // What is small comes first: a stage3 that would not be trusted is not fetched.
        var digests = await Small(new Uri(address + ".DIGESTS"), Stage3Digests.Limit, cancel);
        var published = Published(digests, name, name.File + ".DIGESTS", trust);
        var signature = await SmallIfThere(new Uri(address + ".asc"), Stage3Digests.Limit, cancel);
        await Download(address, file, size, cancel);
        try
        {
            var verdict = await Verify(file, size, published, signature, trust, cancel);
            await File.WriteAllBytesAsync(file + ".DIGESTS", digests, cancel);
            await File.WriteAllBytesAsync(file + ".asc", signature ?? [], cancel); // an empty one says that there was none
            return await Made(file, name, verdict, cancel);
        }
        catch (Failure)
        {
            // Whatever was wrong with it, the next try is not to meet it again.
            Array.ForEach([file, file + ".DIGESTS", file + ".asc"], File.Delete);
            throw;
        }
    }

    private async Task Download(Uri address, string file, long? size, CancellationToken cancel)
    {
        if (File.Exists(file) && (size is not { } wanted || new FileInfo(file).Length == wanted))
        {
            return;
        }

        var outcome = await outside.Story.During(
            $"fetching {Path.GetFileName(file)}",
            progress => outside.Downloads.Fetch(address, file + ".part", size ?? StageLimit, progress, cancel));
        if (outcome is not DownloadOutcome.Whole)
        {
            throw Failure.Missing($"{address} could not be fetched: {Why(outcome)}", "what came is kept; run it again to go on");
        }

        File.Move(file + ".part", file, overwrite: true);
    }

    private async Task<CreatedRoot> FromFile(string file, Stage3Trust trust, CancellationToken cancel)
    {
        var name = Stage3Name.Parse(Path.GetFileName(file));
        name.MustRunHere(RuntimeInformation.OSArchitecture);
        var beside = file + ".DIGESTS";
        foreach (var needed in new[] { file, beside })
        {
            if (!File.Exists(needed))
            {
                throw Failure.Missing($"{needed} is not there{(needed == beside ? ", and a stage3 is not used without its digests" : "")}", "it is on every mirror of the stage3s");
            }
        }

        var published = Published(await File.ReadAllBytesAsync(beside, cancel), name, beside, trust);
        var signature = new FileInfo(file + ".asc") is { Exists: true, Length: > 0 } asc ? await File.ReadAllBytesAsync(asc.FullName, cancel) : null;
        return await Made(file, name, await Verify(file, null, published, signature, trust, cancel), cancel);
    }

    private async Task<CreatedRoot> Made(string file, Stage3Name name, string verdict, CancellationToken cancel)
    {
        var root = new MadeRoot(roots.StateFolder, Path.GetFileNameWithoutExtension(Path.GetFileNameWithoutExtension(name.File)));
        using (await LockOf(root, cancel))
        {
            if (!root.Exists)
            {
                await Unpack(file, name, root, verdict, cancel);
            }
        }

        return new CreatedRoot(root.Name, root.Root, new FileInfo(file).Length, verdict);
    }

    private Task<IDisposable> LockOf(MadeRoot root, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root.Folder) ?? roots.StateFolder);
        return roots.Lock(root.Folder + ".lock", cancel);
    }

    private (ImmutableSortedDictionary<string, string> Digests, string Verdict) Published(ReadOnlySpan<byte> bytes, Stage3Name name, string file, Stage3Trust trust)
    {
        var (text, verdict) = trust.Signed(bytes, file, outside.Clock.UtcNow);
        return (Stage3Digests.Parse(text, name.File, file), verdict);
    }

    private async Task<string> Verify(
        string file, long? size, (ImmutableSortedDictionary<string, string> Digests, string Verdict) published, byte[]? signature, Stage3Trust trust, CancellationToken cancel)
    {
        var name = Path.GetFileName(file);
        var actual = new FileInfo(file).Length;
        if (size is { } wanted && actual != wanted)
        {
            throw Failure.Refused($"{name} has {actual} bytes, and the index says {wanted}", "it is not used; another mirror may have a good one");
        }

        var digests = await outside.Story.During(
            $"digests of {name}",
            progress => FileDigests.OfFile(file, s_algorithms.Where(algorithm => published.Digests.ContainsKey(algorithm.Name)), read => progress.Report(read, actual), cancel));
        foreach (var (algorithm, hex) in published.Digests)
        {
            if (digests.Hex[algorithm] != hex)
            {
                throw Failure.Refused($"{name} is not what was published: its {algorithm} is {digests.Hex[algorithm]}, and {name}.DIGESTS says {hex}", "it is not used; another mirror may have a good one");
            }
        }

        var own = signature is null ? null : await outside.Story.During($"signature of {name}", _ => Task.FromResult(trust.Detached(file, signature, outside.Clock.UtcNow)));
        return $"{string.Join(" and ", published.Digests.Keys)} as published; {published.Verdict}{(own is null ? "" : "; " + own)}";
    }

    private async Task Unpack(string file, Stage3Name name, MadeRoot root, string verdict, CancellationToken cancel)
    {
        var unfinished = new MadeRoot(roots.StateFolder, "unfinished-" + root.Name);
        await roots.Remove(unfinished.Folder, cancel);
        Directory.CreateDirectory(unfinished.Root);
        try
        {
            await outside.Story.During($"unpacking {name.File}", async progress =>
            {
                await roots.Unpack(file, unfinished.Root, cancel);
                progress.Report(1, 1);
                return true;
            });
            ElfMachine.MustRunHere(roots.Folder(unfinished.Root));
            unfinished.Mark($"{name.File}\n{verdict}\n");
        }
        catch
        {
            await roots.Remove(unfinished.Folder, CancellationToken.None);
            throw;
        }

        Directory.Move(unfinished.Folder, root.Folder);
    }

    private string Downloads() => Directory.CreateDirectory(Path.Combine(roots.StateFolder, "stage3")).FullName;

    private async Task<byte[]> Small(Uri address, long limit, CancellationToken cancel) =>
        await SmallIfThere(address, limit, cancel)
        ?? throw Failure.Missing($"{address} could not be fetched: the server has none", "is the address right? A stage3 on disk is given as stage3:PATH");

    private async Task<byte[]?> SmallIfThere(Uri address, long limit, CancellationToken cancel)
    {
        var file = Path.Combine(Downloads(), Path.GetFileName(address.AbsolutePath) + ".small");
        File.Delete(file);
        try
        {
            var outcome = await outside.Story.During($"fetching {Path.GetFileName(address.AbsolutePath)}", progress => outside.Downloads.Fetch(address, file, limit, progress, cancel));
            return outcome switch
            {
                DownloadOutcome.Whole => await File.ReadAllBytesAsync(file, cancel),
                DownloadOutcome.NotThere => null,
                _ => throw Failure.Missing($"{address} could not be fetched: {Why(outcome)}", "is the mirror in reach? A stage3 on disk is given as stage3:PATH"),
            };
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Why(DownloadOutcome outcome) => outcome switch
    {
        DownloadOutcome.NotThere gone => $"the server has none (HTTP {gone.Status})",
        DownloadOutcome.Broken broken => broken.Why,
        _ => outcome.ToString(),
    };
}
