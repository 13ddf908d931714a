using System.Collections.Immutable;
using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using PatchForge.Diffs;
using PatchForge.Trees;

namespace PatchForge.EngineBench;

/// <summary>
/// A package that is nobody's: 200 files of 400 lines, releases that are all the same, and a series of patches, each with two hunks in two
/// files, as mails so that git am takes them as well. Everything follows from its numbers.
/// </summary>
internal sealed class GeneratedPackage
{
    private const int FileCount = 200;
    private const int LineCount = 400;

    private readonly string _folder;

    /// <param name="folder">Gets everything; must not be there yet.</param>
    public GeneratedPackage(string folder, int releases, int patches)
    {
        _folder = folder;
        Releases = [.. Enumerable.Range(0, releases).Select(release => string.Create(CultureInfo.InvariantCulture, $"1.{release}"))];
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(Distdir);
        Directory.CreateDirectory(Plain);
        var tree = Write(new LayeredTree());
        WriteSeries(tree, patches);
        WriteArchives(tree);
        var entries = string.Concat(Releases.Select(release => Release(release)));
        Put(Path.Combine(Home, "patchforge.yaml"), Settings(entries));
        Put(Path.Combine(Home, "profiles/repo_name"), "generated\n");
        Put(Path.Combine(Home, "metadata/layout.conf"), "masters =\nthin-manifests = true\nmanifest-hashes = BLAKE2B SHA512\n");
        Put(Path.Combine(Home, "overlay/app-misc/generated/metadata.xml"), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<pkgmetadata/>\n");
        MakeRepository(Plain, Repository);
    }

    public ImmutableArray<string> Releases { get; }

    /// <summary>The folder with patchforge.yaml.</summary>
    public string Home => Path.Combine(_folder, "home");

    public string Distdir => Path.Combine(_folder, "distfiles");

    /// <summary>The release's files.</summary>
    public string Plain => Path.Combine(_folder, "plain");

    /// <summary>The same as a git repository with one commit.</summary>
    public string Repository => Path.Combine(_folder, "repository");

    /// <summary>The first release as it is published.</summary>
    public string Archive => Path.Combine(Distdir, $"generated-{Releases[0]}.tar.gz");

    /// <summary>The patches and their series.</summary>
    public string Series => Path.Combine(Home, "patches/generated");

    /// <summary>All patches as one mailbox.</summary>
    public string Mailbox => Path.Combine(_folder, "series.mbox");

    private static string Name(int file) => string.Create(CultureInfo.InvariantCulture, $"part{file % 10}/file{file}.c");

    private LayeredTree Write(LayeredTree tree)
    {
        for (var file = 0; file < FileCount; file++)
        {
            var text = new StringBuilder();
            for (var line = 0; line < LineCount; line++)
            {
                text.Append(line % 7 == 0 ? "\n" : string.Create(CultureInfo.InvariantCulture, $"    call_{file}_{line}(argument, {line % 13});\n"));
            }

            Put(Path.Combine(Plain, Name(file)), text.ToString());
            tree = tree.With(new TreeFile(TreePath.Parse(Name(file)), TreeMode.Regular, Encoding.ASCII.GetBytes(text.ToString())));
        }

        return tree;
    }

    private void WriteSeries(LayeredTree tree, int patches)
    {
        var (series, mailbox) = (new StringBuilder(), new StringBuilder());
        for (var number = 1; number <= patches; number++)
        {
            var after = tree;
            var paths = new[] { TreePath.Parse(Name(number % FileCount)), TreePath.Parse(Name((number * 7 + 1) % FileCount)) };
            foreach (var path in paths.Distinct())
            {
                after = after.With(Changed(after.Find(path) ?? throw new InvalidOperationException($"{path} was made."), number));
            }

            var name = string.Create(CultureInfo.InvariantCulture, $"{number:0000}-change.patch");
            var text = string.Create(CultureInfo.InvariantCulture, $"""
                From {number:x40} Mon Sep 17 00:00:00 2001
                From: Somebody <somebody@example.org>
                Date: Thu, 1 Jan 2026 00:00:{number % 60:00} +0000
                Subject: [PATCH] change {number}

                What the generator does.
                ---

                """) + Encoding.ASCII.GetString(new Patch(name, 1, [], PatchMaker.Diff(tree, after, paths), []).ToBytes()) + "-- \n2.39.5\n\n";
            Put(Path.Combine(Series, name), text);
            series.Append(name).Append('\n');
            mailbox.Append(text);
            tree = after;
        }

        Put(Path.Combine(Series, "series"), series.ToString());
        Put(Mailbox, mailbox.ToString());
    }

    /// <summary>One line replaced and one put in, far enough from each other for two hunks.</summary>
    private static TreeFile Changed(TreeFile file, int number)
    {
        var lines = Encoding.ASCII.GetString(file.Content.Span).Split('\n').ToList();
        var at = number * 37 % 150;
        lines[at] = string.Create(CultureInfo.InvariantCulture, $"    changed_by_{number}();");
        lines.Insert(at + 200, string.Create(CultureInfo.InvariantCulture, $"    added_by_{number}();"));
        return file with { Content = Encoding.ASCII.GetBytes(string.Join('\n', lines)) };
    }

    private void WriteArchives(LayeredTree tree)
    {
        foreach (var release in Releases)
        {
            var file = Path.Combine(Distdir, $"generated-{release}.tar.gz");
            using (var stream = new GZipStream(File.Create(file), CompressionLevel.Fastest))
            using (var tar = new TarWriter(stream, TarEntryFormat.Ustar))
            {
                foreach (var path in tree.Paths())
                {
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"generated-{release}/{path}")
                    {
                        DataStream = new MemoryStream(tree.Find(path)?.Content.ToArray() ?? []),
                        ModificationTime = DateTimeOffset.UnixEpoch,
                    });
                }
            }
        }
    }

    /// <returns>The new folder <paramref name="repository"/>: these files as one commit.</returns>
    public static string MakeRepository(string files, string repository)
    {
        Copy(files, repository);
        Git(repository, "init", "-q");
        Git(repository, "add", "-f", "-A");
        Git(repository, "-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "commit", "-q", "-m", "release");
        Git(repository, "config", "gc.auto", "0");
        return repository;
    }

    public static void Git(string folder, params ReadOnlySpan<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", [.. arguments]) { WorkingDirectory = folder }) ?? throw new InvalidOperationException("git was not started.");
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }

    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
            File.Copy(file, copy);
        }

        // git looks for these even where they hold nothing.
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }
    }

    private static void Put(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "/");
        File.WriteAllText(file, text);
    }

    private string Release(string version)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Distdir, $"generated-{version}.tar.gz"));
        return $$"""
                  - version: "{{version}}"
                    date: 2026-01-01
                    distfile: generated-{{version}}.tar.gz
                    size: {{bytes.Length}}
                    digests:
                      SHA512: {hex: "{{Convert.ToHexStringLower(SHA512.HashData(bytes))}}", source: the generator}

            """;
    }

    private static string Settings(string releases) => $$"""
        package: app-misc/generated
        name: generated
        overlay: {packages: overlay, metadata: metadata, profiles: profiles, delivery: files}
        lines:
          - line: "1"
            series: patches/generated
            date-source: made by the bench
            upstream:
              mirrors: ["http://127.0.0.1:9/dist/"]
            releases:
        {{releases}}
            build:
              packages: {apt: [], emerge: []}
              configure: [--enable]
              variants: {plain: [--plain]}
        root: {default: host}
        smoke:
          port: 8080
          start-limit: 5
          sites:
            - {host: one.test, uid: 64001, gid: 64001}

        """;
}
