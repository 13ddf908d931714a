using PatchForge.Seams;

namespace PatchForge.Settings;

/// <summary>The file <c>patchforge.yaml</c>: where it is, and its reading.</summary>
public static class SettingsFile
{
    public const string Name = "patchforge.yaml";

    /// <summary>The settings file of the folder or of the nearest folder above it that has one, as git finds <c>.git</c>.</summary>
    /// <exception cref="Failure">Missing, when no folder up to the root has one.</exception>
    public static string Locate(string folder)
    {
        for (var at = new DirectoryInfo(Path.GetFullPath(folder)); at is not null; at = at.Parent)
        {
            var file = Path.Combine(at.FullName, Name);
            if (File.Exists(file))
            {
                return file;
            }
        }

        throw Failure.Missing(
            $"there is no {Name} in {Path.GetFullPath(folder)} or in a folder above it",
            "go to a checkout that has one, or name it with --settings FILE");
    }

    /// <exception cref="Failure">Refused with file, line and column; Missing when there is no such file.</exception>
    public static ForgeSettings Load(string file)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception wrong) when (wrong is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failure.Missing($"there is no settings file {file}", "name another with --settings FILE", cause: wrong);
        }
        catch (Exception wrong) when (wrong is UnauthorizedAccessException or IOException)
        {
            throw Failure.Refused($"{file} cannot be read: {wrong.Message}", "is it a file, and yours to read?", cause: wrong);
        }

        return Parse(file, bytes);
    }

    /// <summary>The settings that <paramref name="bytes"/> say; nothing is read from disk.</summary>
    /// <param name="file">The name for messages; its folder is <see cref="ForgeSettings.Home"/>.</param>
    /// <exception cref="Failure">Refused with file, line and column.</exception>
    public static ForgeSettings Parse(string file, ReadOnlyMemory<byte> bytes) =>
        SettingsReader.Forge(file, YamlText.Parse(file, bytes));
}
