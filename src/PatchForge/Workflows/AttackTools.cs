using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using PatchForge.Attacks;
using PatchForge.Roots;
using PatchForge.Seams;
using PatchForge.Settings;

namespace PatchForge.Workflows;

/// <summary>Compiles the attacks against a built server, with the compiler of the root that it was built in.</summary>
internal sealed class AttackTools(IRoots roots)
{
    private const string Sources = "/srv/attack-sources";
    private static readonly ImmutableArray<string> s_flags = ["-std=gnu11", "-D_GNU_SOURCE", "-D_REENTRANT", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]; // 2.4 has given the module structure one more field

    /// <returns>The folder that becomes <see cref="AttackFiles.Tools"/> inside the root.</returns>
    /// <exception cref="Failure">Missing, without the sources; Refused, when they do not compile.</exception>
    /// <remarks>
    /// The folder's name tells the image and the sources, and what has a name is complete and stays: another run may be
    /// serving from it.
    /// </remarks>
    public async Task<string> Run(ForgeSettings settings, OpenedRoot root, string image, string name, CancellationToken cancel)
    {
        var sources = Path.Combine(settings.Home, "src", "mpm-itk", "attack");
        if (!Directory.Exists(sources))
        {
            throw Failure.Missing($"there is no folder {sources}, where the attacks' sources are", "attack works in a checkout of this repository");
        }

        var isLayer = ServerPlace.IsALayer(image);
        var module = Directory.EnumerateFiles(sources, "*.c").Select(path => Path.GetFileName(path)).Where(file => !file.StartsWith("itk_", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        ImmutableArray<string> build = [.. s_flags, "-fPIC", "-shared", "-isystem", isLayer ? "/usr/include/apache2" : BuildPlan.Prefix + "/include", .. Apr(image), "-o", "mod_itk_attack.so", .. module.Select(file => $"{Sources}/{file}")];
        var folder = Path.Combine(roots.StateFolder, "attack", $"tools-{name}-{Mark([root.Identity, image, .. build], sources)}");
        Directory.CreateDirectory(Path.GetDirectoryName(folder) ?? roots.StateFolder);
        using var held = await roots.Lock(folder + ".lock", cancel);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var making = folder + ".new";
        await roots.Remove(making, cancel);
        Directory.CreateDirectory(making);
        await Compile(root, isLayer, image, sources, making, build, cancel);
        foreach (var program in new[] { "itk_begin", "itk_regain" })
        {
            await Compile(root, isLayer, image, sources, making, [.. s_flags, "-o", program.Replace('_', '-'), $"{Sources}/{program}.c"], cancel);
        }

        Directory.Move(making, folder);
        return folder;
    }

    /// <summary>Twelve hexadecimal digits of SHA-256 over what the compiler is told and given.</summary>
    private static string Mark(ImmutableArray<string> told, string sources)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(sources).Order(StringComparer.Ordinal))
        {
            digest.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(file))));
            digest.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        digest.AppendData(Encoding.UTF8.GetBytes(string.Join('\0', told)));
        return Convert.ToHexStringLower(digest.GetHashAndReset())[..12];
    }

    /// <summary>Where APR's headers are inside the root, as the server's own build says; in 2.0 they are also among httpd's.</summary>
    private static IEnumerable<string> Apr(string image)
    {
        // In an installed package the layout says where the build's own files are.
        var within = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var variables = Directory.EnumerateFiles(image, "config_vars.mk", within).Order(StringComparer.Ordinal).FirstOrDefault();
        return variables is not null
            ? File.ReadLines(variables)
                .Select(line => line.Split(" = ", 2))
                .Where(words => words is ["APR_INCLUDEDIR" or "APU_INCLUDEDIR", ['/', ..]])
                .Select(words => words[1])
                .Distinct()
                .SelectMany(folder => new[] { "-isystem", folder })
            : [];
    }

    private async Task Compile(OpenedRoot root, bool isLayer, string image, string sources, string folder, ImmutableArray<string> arguments, CancellationToken cancel)
    {
        var answer = await roots.Run(
            new RootRun(isLayer ? root.Tree.With(image) : root.Tree, RootRights.Build, ["gcc", .. arguments])
            {
                Binds = [.. isLayer ? [] : new[] { new RootBind(image, BuildPlan.Prefix) }, new RootBind(sources, Sources), new RootBind(folder, AttackFiles.Tools, Writable: true)],
                WorkingDirectory = AttackFiles.Tools,
                TimeLimit = TimeSpan.FromMinutes(3),
            },
            cancel);
        if (!answer.Succeeded)
        {
            throw Failure.Refused($"the attacks in {sources} do not compile: {LogFile.LastWord(answer)}", answer.Error.Trim());
        }
    }
}
