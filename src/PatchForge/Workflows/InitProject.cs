using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatchForge.Archives;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <param name="Folder">Where patchforge.yaml goes; made when it is not there.</param>
/// <param name="Package">category/name.</param>
/// <param name="Tarball">The release's distfile on this machine; null where the source is git.</param>
/// <param name="Control">A distribution's source control file (.dsc) that vouches for the tarball; null when there is none.</param>
/// <param name="Mirror">The address of the folder that has the tarball and its successors; null when it is not downloaded.</param>
/// <param name="Git">A local clone of upstream; null where the source is a tarball alone.</param>
/// <param name="Tag">The tag of a release, with <c>{version}</c> in it.</param>
/// <param name="Line">The line's name; null for the version's first two numbers.</param>
/// <param name="Date">The release's day; null for the tag's or that of the tarball's newest file.</param>
public sealed record InitRequest(
    string Folder, string Package, string Version, string? Tarball, string? Control, Uri? Mirror, string? Git, string Tag, string? Line, DateOnly? Date);

/// <summary>What <c>init</c> answers.</summary>
/// <param name="Written">Files that were made, relative to the folder.</param>
/// <param name="Distfile">Where the distfile will be found; null where the source is git.</param>
/// <param name="Notes">What the user should know, each a sentence.</param>
public sealed record InitAnswer(string Folder, string Package, string Line, ImmutableArray<string> Written, string? Distfile, ImmutableArray<string> Notes);

/// <summary>Begins the project of another package: a patchforge.yaml that works, an empty series, an empty overlay.</summary>
public sealed class InitProject(Outside outside, Func<string, string?> variable)
{
    /// <exception cref="Failure">Refused: there is a project already; a tarball that is not what the distribution says. CommandLine: no source.</exception>
    public async Task<InitAnswer> Run(InitRequest request, CancellationToken cancel)
    {
        var folder = Path.GetFullPath(request.Folder);
        var file = Path.Combine(folder, SettingsFile.Name);
        if (File.Exists(file))
        {
            throw Failure.Refused("there is a project already", "name another folder with --dir DIR, or add a line to this one by hand, see docs/settings.md", new FileLocation(file));
        }

        if (request.Tarball is null && request.Git is null)
        {
            throw new Failure(FailureKind.CommandLine, "nothing says where the source is", "name its tarball with --tarball FILE, or a clone of upstream with --git DIR");
        }

        var line = request.Line ?? string.Join('.', request.Version.Split('.').Take(2));
        var notes = new List<string>();
        var release = new StringBuilder();
        var distfile = request.Tarball is { } tarball ? await Tarball(request, Path.GetFullPath(tarball), release, notes, cancel) : Tagged(request, release, notes);
        var name = request.Package.Split('/')[^1];
        var text = Text(request, name, line, release.ToString());
        SettingsFile.Parse(file, Encoding.UTF8.GetBytes(text)); // what is wrong with the answers is said before anything is written
        var written = new List<string>();
        Write(folder, $"patches/{name}/{line}/series", $"# {name} {line}: one patch a line, in the order in which they are applied.\n", written);
        Write(folder, "profiles/repo_name", name + "\n", written);
        Write(folder, "metadata/layout.conf", $"repo-name = {name}\nmasters = gentoo\ncache-formats = md5-dict\nthin-manifests = true\nsign-manifests = false\nmanifest-hashes = BLAKE2B SHA512\n", written);
        Link(folder, "overlay/metadata", "../metadata", written);
        Link(folder, "overlay/profiles", "../profiles", written);
        Write(folder, SettingsFile.Name, text, written);
        return new InitAnswer(folder, request.Package, line, [.. written], distfile, [.. notes]);
    }

    /// <summary>The release's entry from its tarball, which goes where the tool looks for it.</summary>
    private async Task<string> Tarball(InitRequest request, string tarball, StringBuilder release, List<string> notes, CancellationToken cancel)
    {
        if (!File.Exists(tarball))
        {
            throw Failure.Missing($"there is no file {tarball}", "name the release's tarball with --tarball FILE");
        }

        var digests = await FileDigests.OfFile(tarball, [DigestAlgorithm.Sha256, DigestAlgorithm.Blake2b, DigestAlgorithm.Sha512], null, cancel);
        var known = request.Control is { } control ? Vouched(control, Path.GetFileName(tarball), digests) : null;
        if (known is null)
        {
            notes.Add("nobody vouches for the tarball: its digests were computed from the file itself. Compare them with published ones, and name who published them in patchforge.yaml");
        }

        var (day, source) = request.Date is { } said ? (said, "said to patchforge init") : (DateOnly.FromDateTime(PatchTarball.Newest(tarball, cancel)), "newest file in the tarball");
        var own = Path.GetFileName(tarball);
        Entry(release, request.Version, day, source, own);
        release.Append(CultureInfo.InvariantCulture, $"        size: {digests.Size}\n        digests:\n");
        foreach (var algorithm in known is null ? [DigestAlgorithm.Blake2b, DigestAlgorithm.Sha512] : new[] { DigestAlgorithm.Sha256 })
        {
            release.Append(CultureInfo.InvariantCulture, $"          {algorithm.Name}: {{hex: \"{digests[algorithm]}\", source: {Quoted(known ?? "computed by patchforge init")}}}\n");
        }

        return Keep(tarball, own);
    }

    private static string Vouched(string control, string name, FileDigests digests)
    {
        var said = SourceControl.Parse(control, File.ReadAllText(control));
        var wanted = said.Files.FirstOrDefault(file => file.Name == name)
            ?? throw Failure.Refused($"{Path.GetFileName(control)} does not list {name}", "its files are " + string.Join(", ", said.Files.Select(file => file.Name)), new FileLocation(control));
        return SourceControl.Complaint(wanted, digests) is { } why
            ? throw Failure.Refused(why, "fetch both again", new FileLocation(control))
            : $"{said.Source} {said.Version} ({Path.GetFileName(control)})";
    }

    private string Keep(string tarball, string name)
    {
        var kept = Path.Combine(new FindDistfile(outside, variable).OwnPlace.Folder, name);
        if (kept == tarball)
        {
            return kept;
        }

        if (File.Exists(kept) && !File.ReadAllBytes(kept).AsSpan().SequenceEqual(File.ReadAllBytes(tarball)))
        {
            throw Failure.Refused($"another file of the name {name} is in {Path.GetDirectoryName(kept)}", "see which of the two is right, and remove the other");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(kept) ?? "/");
        File.Copy(tarball, kept + ".new", overwrite: true);
        File.Move(kept + ".new", kept, overwrite: true);
        return kept;
    }

    /// <summary>The release's entry from a tag: there is no file, so every command wants <c>--git DIR --unofficial</c>.</summary>
    private string? Tagged(InitRequest request, StringBuilder release, List<string> notes)
    {
        var git = outside.Git ?? throw new InvalidOperationException("This command opened no way to git repositories.");
        var clone = Path.GetFullPath(request.Git ?? ".");
        var tag = request.Tag.Replace("{version}", request.Version, StringComparison.Ordinal);
        using var history = git.OpenHistory(clone);
        var commit = history.Resolve("refs/tags/" + tag) ?? throw Failure.Refused($"{clone} has no tag {tag}", $"say how its tags are called: --tag \"v{{version}}\"; git -C {clone} tag lists them");
        var day = request.Date ?? DateOnly.FromDateTime(history.Describe(commit).Author.When.UtcDateTime);
        Entry(release, request.Version, day, request.Date is null ? "author date of the tag's commit" : "said to patchforge init", $"{request.Package.Split('/')[^1]}-{request.Version}.tar.gz");
        notes.Add($"the source is a clone, which is no published file: give commands --git {clone} --unofficial");
        return null;
    }

    private static void Entry(StringBuilder release, string version, DateOnly day, string source, string distfile) =>
        release.Append(CultureInfo.InvariantCulture, $"      - version: {Quoted(version)}\n        date: {day:yyyy-MM-dd}\n        date-source: {Quoted(source)}\n        distfile: {Quoted(distfile)}\n");

    private static string Text(InitRequest request, string name, string line, string release)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # What patchforge works on; every key is described in docs/settings.md.
            # Paths are relative to this file's folder.
            package: {request.Package}
            name: {name}

            # Where ebuilds would be. As long as no line has 'ebuild', nothing is written there.
            overlay:
              packages: overlay
              metadata: metadata
              profiles: profiles
              delivery: files

            lines:
              - line: {Quoted(line)}
                series: patches/{name}/{line}
                upstream:

            """);
        text.Append(request.Mirror is { } mirror ? $"      mirrors: [{Quoted(mirror.AbsoluteUri)}]\n" : "      signature-suffix: .asc\n");
        if (request.Git is { } git)
        {
            var clone = Path.GetFullPath(git);
            text.Append(CultureInfo.InvariantCulture, $"      git:\n        repository: {Quoted(Path.GetFileNameWithoutExtension(clone))}\n        clone: {Quoted(clone)}\n        tag: {Quoted(request.Tag)}\n");
        }

        return text.Append("    # Newer releases are added here, and patchforge status shows whether the series applies to them.\n    releases:\n")
            .Append(release)
            .Append("\nroot: {default: host}\n")
            .ToString();
    }

    private static string Quoted(string text) => "\"" + text + "\"";

    /// <summary>Both the project and its overlay folder are a repository then (docs/overlay.md).</summary>
    private static void Link(string folder, string path, string target, List<string> written)
    {
        var link = Path.Combine(folder, path);
        if (!Path.Exists(link))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(link) ?? folder);
            File.CreateSymbolicLink(link, target);
            written.Add(path);
        }
    }

    private static void Write(string folder, string path, string text, List<string> written)
    {
        var file = Path.Combine(folder, path);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? folder);
            File.WriteAllText(file + ".new", text);
            File.Move(file + ".new", file);
            written.Add(path);
        }
    }
}
