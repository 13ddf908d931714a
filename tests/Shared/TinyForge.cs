using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace PatchForge.Tests.Shared;

/// <summary>
/// A whole small project in a temporary folder: a package with two releases, a series of one patch by people and
/// one that is generated, an ebuild that inherits nothing, and its distfiles with their published digests. All
/// that <c>refresh --no-build</c> does can be done to it, offline and officially.
/// </summary>
internal sealed class TinyForge : IDisposable
{
    private readonly Func<string, string> _hello;

    /// <param name="hello">What hello.c is in a release; null for the same in all of them.</param>
    public TinyForge(Func<string, string>? hello = null)
    {
        _hello = hello ?? (_ => Hello);
        Home = Directory.CreateTempSubdirectory("patchforge-tiny-").FullName;
        Distdir = Path.Combine(Home, "..", Path.GetFileName(Home) + "-distfiles");
        Cache = Path.Combine(Home, "..", Path.GetFileName(Home) + "-cache");
        Directory.CreateDirectory(Distdir);
        Directory.CreateDirectory(Cache);
        var releases = new StringBuilder();
        foreach (var version in (string[])["1.0", "1.1"])
        {
            releases.Append(Distfile(version));
        }

        Write("patchforge.yaml", Settings(releases.ToString()));
        Write("patches/tiny/1/series", "# people and generator\n0001-greet.patch\n0100-extra.patch\n");
        Write("patches/tiny/1/0001-greet.patch", Patch);
        Write("src/tiny/extra.c", "int extra(void)\n{\n    return 42;\n}\n");
        Write("src/ebuilds/tiny-1.ebuild", Template);
        Write("overlay/app-misc/tiny/metadata.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<pkgmetadata/>\n");
        Write("overlay/app-misc/tiny/files/tiny.conf", "a person's file\n");
        Write("profiles/repo_name", "tiny\n");
        Write("metadata/layout.conf", "masters =\nthin-manifests = true\nmanifest-hashes = BLAKE2B SHA512\n");
    }

    /// <summary>Adds a lab: a generated patch, an edit, a patch that its series does not name, and the variant "wicked".</summary>
    public TinyForge WithLab()
    {
        var settings = Read("patchforge.yaml");
        const string before = "root: {default: host}";
        Write("patchforge.yaml", settings.Replace(before, """
                lab:
                  series: patches/tiny/lab
                  generated:
                    - {patch: 0200-wicked.patch, from: src/lab, to: lab, subject: "lab: never for users"}
                  variants: {wicked: [--wicked]}
                  switching: [wicked]

            """ + before, StringComparison.Ordinal));
        Write("patches/tiny/lab/series", "0200-wicked.patch\n0210-wicked-edit.patch\n");
        Write("patches/tiny/lab/0210-wicked-edit.patch", WickedEdit);
        Write("patches/tiny/lab/0290-idle-wicked.patch", WickedEdit.Replace("very", "quite", StringComparison.Ordinal));
        Write("src/lab/wicked.c", "int wicked(void)\n{\n    return 1;\n}\n");
        return this;
    }

    /// <summary>Adds a line that the overlay has nothing of: releases 2.0 and 2.1, and a series of one generated patch.</summary>
    public TinyForge WithSecondLine()
    {
        const string before = "root: {default: host}";
        Write("patchforge.yaml", Read("patchforge.yaml").Replace(before, $$"""
              - line: "2"
                series: patches/tiny/2
                date-source: made by a test
                generated:
                  - {patch: 0100-second.patch, from: src/second, to: second, subject: "second: ours alone"}
                upstream:
                  mirrors: ["http://127.0.0.1:9/dist/"]
                releases:
            {{(Distfile("2.0") + Distfile("2.1")).Replace("        ebuild: true\n", "", StringComparison.Ordinal)}}
                build:
                  packages: {apt: [], emerge: []}
                  configure: [--enable-tiny]
                  variants: {plain: [--plain]}
            """ + "\n" + before, StringComparison.Ordinal));
        Write("patches/tiny/2/series", "0100-second.patch\n");
        Write("src/second/second.c", "int second(void)\n{\n    return 2;\n}\n");
        return this;
    }

    /// <summary>hello.c as the series' patch was made on it.</summary>
    public const string Hello = "#include <stdio.h>\n\nint main(void)\n{\n    return 0;\n}\n";

    public string Home { get; }

    public string Distdir { get; }

    /// <summary>For XDG_CACHE_HOME, so that no test meets the user's own.</summary>
    public string Cache { get; }

    public void Dispose()
    {
        Directory.Delete(Home, recursive: true);
        Directory.Delete(Distdir, recursive: true);
        Directory.Delete(Cache, recursive: true);
    }

    public void Write(string path, string content)
    {
        var file = Path.Combine(Home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? Home);
        File.WriteAllText(file, content);
    }

    public string Read(string path) => File.ReadAllText(Path.Combine(Home, path));

    /// <summary>Every file of the folders that refresh writes, with its content: what a kill must leave as it was or as it shall be.</summary>
    public SortedDictionary<string, string> State(string folder)
    {
        var state = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var full = Path.Combine(Home, folder);
        if (Directory.Exists(full))
        {
            foreach (var file in Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories))
            {
                state[Path.GetRelativePath(Home, file)] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
            }
        }

        return state;
    }

    private const string Patch = """
        Subject: greet the world
        Forwarded: not-needed

        The program said nothing.

        --- a/hello.c
        +++ b/hello.c
        @@ -2,5 +2,6 @@

         int main(void)
         {
        +    puts("hello, world");
             return 0;
         }

        """;

    private const string WickedEdit = """
        --- a/hello.c
        +++ b/hello.c
        @@ -3,5 +3,6 @@
         int main(void)
         {
             puts("hello, world");
        +    puts("very wicked");
             return 0;
         }

        """;

    private const string Template = """
        # Copyright 2026 The PatchForge authors
        # Distributed under the terms of the GNU General Public License v2

        # Generated by patchforge from @{template} and patchforge.yaml: change those instead.

        EAPI=@{eapi}

        DESCRIPTION="@{description}"
        HOMEPAGE="@{homepage}"
        SRC_URI="@{src_uri}"

        LICENSE="@{license}"
        SLOT="@{slot}"
        KEYWORDS="@{keywords}"
        IUSE="@{flags tiny-}"

        PATCHES=(
        	@{patches}
        )

        src_prepare() {
        	default
        	@{prepare}
        }

        src_configure() {
        	local myconf=(
        		@{configure}
        	)
        	@{variants myconf tiny- plain}
        	econf "${myconf[@]}"
        }

        """;

    private static string Settings(string releases) => $$"""
        package: app-misc/tiny
        name: tiny
        overlay: {packages: overlay, metadata: metadata, profiles: profiles, delivery: files}
        lines:
          - line: "1"
            series: patches/tiny/1
            date-source: made by a test
            generated:
              - {patch: 0100-extra.patch, from: src/tiny, to: extra, subject: "extra: ours alone"}
            upstream:
              mirrors: ["http://127.0.0.1:9/dist/"]
            releases:
        {{releases}}
            ebuild:
              eapi: "8"
              description: A small package
              homepage: https://example.org/
              license: Apache-2.0
              slot: "0"
              keywords: ["~amd64"]
              template: src/ebuilds/tiny-1.ebuild
            build:
              packages: {apt: [], emerge: []}
              prepare: [["true"]]
              configure: [--enable-tiny]
              variants: {plain: [--plain], fancy: [--fancy]}
        root: {default: host}
        smoke:
          port: 8080
          start-limit: 5
          sites:
            - {host: one.test, uid: 64001, gid: 64001}

        """;

    /// <summary>Makes a release's tarball and answers its entry in the settings.</summary>
    private string Distfile(string version)
    {
        var file = Path.Combine(Distdir, $"tiny-{version}.tar.gz");
        using (var stream = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar))
        {
            Entry(tar, $"tiny-{version}/hello.c", _hello(version));
            Entry(tar, $"tiny-{version}/VERSION", version + "\n");
        }

        var bytes = File.ReadAllBytes(file);
        return $$"""
                  - version: "{{version}}"
                    date: 2026-01-01
                    distfile: tiny-{{version}}.tar.gz
                    size: {{bytes.Length}}
                    digests:
                      SHA256: {hex: "{{Convert.ToHexStringLower(SHA256.HashData(bytes))}}", source: a test}
                    ebuild: true

            """;
    }

    private static void Entry(TarWriter tar, string name, string content) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
        ModificationTime = DateTimeOffset.UnixEpoch,
    });
}
