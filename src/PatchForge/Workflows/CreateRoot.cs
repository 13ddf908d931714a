using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using PatchForge.Releases;
using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Workflows;

/// <summary>What a stage3 is trusted by.</summary>
/// <param name="Keys">The release keys (a KEYS file or keyring); null when there are none at hand.</param>
/// <param name="TakeUnsigned">The user takes one without a signature that can be checked; a bad signature is refused all the same.</param>
public sealed record Stage3Trust(ReadOnlyMemory<byte>? Keys, bool TakeUnsigned)
{
    /// <summary>Where app-crypt's package of Gentoo's release keys puts them.</summary>
    public const string UsualKeys = "/usr/share/openpgp-keys/gentoo-release.asc";

    /// <param name="keys">A file of keys; null for <see cref="UsualKeys"/> where it is there.</param>
    public static Stage3Trust Of(string? keys, bool takeUnsigned) =>
        keys is { } named ? new(ReadKeys(named), takeUnsigned)
        : new(File.Exists(UsualKeys) ? ReadKeys(UsualKeys) : null, takeUnsigned);

    private static ReadOnlyMemory<byte> ReadKeys(string file) =>
        File.Exists(file) ? File.ReadAllBytes(file) : throw Failure.Missing($"there is no file of keys {file}", "name one that holds the release keys");
}

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

        return spec switch
        {
            RootSpec.Stage3File file => await FromFile(file.Path, null, trust, cancel),
            RootSpec.Stage3Address { IsIndex: true } index => await FromIndex(index.Address, trust, cancel),
            RootSpec.Stage3Address address => await FromAddress(address.Address, null, trust, cancel),
            _ => throw new Failure(FailureKind.CommandLine, $"the root {spec} is there already; only a stage3 is made into one", "stage3:PATH-or-URL"),
        };
    }

    private async Task<CreatedRoot> FromIndex(Uri address, Stage3Trust trust, CancellationToken cancel)
    {
        var name = Path.GetFileName(address.AbsolutePath);
        var text = Signed(await Small(address, Stage3Index.Limit, cancel), name, trust).Text;
        var index = Stage3Index.Parse(text, name);
        index.Name.MustRunHere(RuntimeInformation.OSArchitecture);
        return await FromAddress(new Uri(address, index.Path), index.Size, trust, cancel);
    }

    private async Task<CreatedRoot> FromAddress(Uri address, long? size, Stage3Trust trust, CancellationToken cancel)
    {
        var name = Stage3Name.Parse(Path.GetFileName(address.AbsolutePath));
        name.MustRunHere(RuntimeInformation.OSArchitecture);
        var downloads = Directory.CreateDirectory(Path.Combine(roots.StateFolder, "stage3")).FullName;
        var file = Path.Combine(downloads, name.File);
        await File.WriteAllBytesAsync(file + ".DIGESTS", await Small(new Uri(address + ".DIGESTS"), Stage3Digests.Limit, cancel), cancel);
        if (!File.Exists(file) || (size is { } wanted && new FileInfo(file).Length != wanted))
        {
            var outcome = await outside.Story.During(
                $"fetching {name.File}",
                progress => outside.Downloads.Fetch(address, file + ".part", size ?? StageLimit, progress, cancel));
            if (outcome is not DownloadOutcome.Whole)
            {
                throw Failure.Missing($"{address} could not be fetched: {Why(outcome)}", "what came is kept; run it again to go on");
            }

            File.Move(file + ".part", file, overwrite: true);
        }

        return await FromFile(file, size, trust, cancel);
    }

    private async Task<CreatedRoot> FromFile(string file, long? size, Stage3Trust trust, CancellationToken cancel)
    {
        var name = Stage3Name.Parse(Path.GetFileName(file));
        name.MustRunHere(RuntimeInformation.OSArchitecture);
        if (!File.Exists(file))
        {
            throw Failure.Missing($"the stage3 {file} is not there");
        }

        var verdict = await Verify(file, name, size, trust, cancel);
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

    private async Task<string> Verify(string file, Stage3Name name, long? size, Stage3Trust trust, CancellationToken cancel)
    {
        var actual = new FileInfo(file).Length;
        if (size is { } wanted && actual != wanted)
        {
            throw Failure.Refused($"{file} has {actual} bytes, and the index says {wanted}", "remove it, and it is fetched again");
        }

        var beside = file + ".DIGESTS";
        if (!File.Exists(beside))
        {
            throw Failure.Missing($"{beside} is not there, and a stage3 is not used without its digests", "it lies beside the stage3 on every mirror");
        }

        var (text, verdict) = Signed(await File.ReadAllBytesAsync(beside, cancel), beside, trust);
        var expected = Stage3Digests.Parse(text, name.File, beside);
        var digests = await outside.Story.During(
            $"digests of {name.File}",
            progress => FileDigests.OfFile(file, s_algorithms.Where(algorithm => expected.ContainsKey(algorithm.Name)), read => progress.Report(read, actual), cancel));
        foreach (var (algorithm, hex) in expected)
        {
            if (digests.Hex[algorithm] != hex)
            {
                throw Failure.Refused($"{file} is not what was published: its {algorithm} is {digests.Hex[algorithm]}, and {Path.GetFileName(beside)} says {hex}", "remove it, and it is fetched again");
            }
        }

        return $"{string.Join(" and ", expected.Keys)} as published; {verdict}";
    }

    /// <summary>The text that the signature covers, or the whole where none is asked for.</summary>
    private (string Text, string Verdict) Signed(ReadOnlyMemory<byte> bytes, string file, Stage3Trust trust)
    {
        var text = Encoding.UTF8.GetString(bytes.Span);
        var signed = text.Contains("-----BEGIN PGP SIGNED MESSAGE-----", StringComparison.Ordinal);
        if (signed && trust.Keys is { } keys)
        {
            // Stages are made every week: a key that has expired since signs none of them.
            var policy = new SignaturePolicy(outside.Clock.UtcNow, KeyMayHaveExpiredSince: false);
            var message = OpenPgp.VerifyClearSigned(bytes.Span, OpenPgpKeyring.Read(keys.Span), policy);
            return message.Verdict switch
            {
                SignatureVerdict.Good good => (message.Text, good.Sentence),
                SignatureVerdict.UnknownKey unknown when trust.TakeUnsigned => (text, $"taken unsigned: {unknown.Sentence}"),
                var other => throw Failure.Refused($"{file}: {other.Sentence}", "it is not used; another mirror may have a good one", new FileLocation(file)),
            };
        }

        return trust.TakeUnsigned
            ? (text, signed ? "its signature was not checked, for want of keys" : "it is not signed")
            : throw Failure.Missing(
                signed ? $"{file} is signed, and there are no keys to check it with" : $"{file} is not signed",
                $"give the release keys ({Stage3Trust.UsualKeys} on Gentoo), or take it as it is with --unsigned");
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

    private async Task<byte[]> Small(Uri address, long limit, CancellationToken cancel)
    {
        var folder = Directory.CreateDirectory(Path.Combine(roots.StateFolder, "stage3")).FullName;
        var file = Path.Combine(folder, Path.GetFileName(address.AbsolutePath) + ".small");
        File.Delete(file);
        try
        {
            var outcome = await outside.Story.During($"fetching {Path.GetFileName(address.AbsolutePath)}", progress => outside.Downloads.Fetch(address, file, limit, progress, cancel));
            return outcome is DownloadOutcome.Whole
                ? await File.ReadAllBytesAsync(file, cancel)
                : throw Failure.Missing($"{address} could not be fetched: {Why(outcome)}", "is the mirror in reach? A stage3 on disk is given as --root stage3:PATH");
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
