using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>Which root a command runs in, as <c>--root</c> and the settings' <c>root:</c> name it.</summary>
public abstract record RootSpec
{
    private RootSpec() { }

    /// <summary>A copy-on-write view of this machine's own root.</summary>
    public sealed record Host : RootSpec
    {
        public override string ToString() => "host";
    }

    /// <summary>A ready folder; it is not written, what runs in it writes over it.</summary>
    public sealed record Folder(string Path) : RootSpec
    {
        public override string ToString() => "dir:" + Path;
    }

    /// <summary>A stage3 on disk.</summary>
    public sealed record Stage3File(string Path) : RootSpec
    {
        public override string ToString() => "stage3:" + Path;
    }

    /// <summary>A stage3's address, or (when it ends in <c>.txt</c>) its index'.</summary>
    public sealed record Stage3Address(Uri Address) : RootSpec
    {
        public bool IsIndex => Address.AbsolutePath.EndsWith(".txt", StringComparison.Ordinal);

        public override string ToString() => "stage3:" + Address;
    }

    /// <param name="text"><c>host</c>, <c>dir:PATH</c> or <c>stage3:PATH-or-URL</c>; a relative path is relative to <paramref name="from"/>.</param>
    /// <exception cref="Failure">CommandLine, saying which forms there are.</exception>
    public static RootSpec Parse(string text, string from, FileLocation? at = null)
    {
        if (text == "host")
        {
            return new Host();
        }

        if (After("dir:", text) is { } folder)
        {
            return new Folder(FullPath(folder, from, text, at));
        }

        if (After("stage3:", text) is not { } stage)
        {
            throw Unknown($"'{Shown(text)}' names no root", at);
        }

        if (!stage.Contains("://", StringComparison.Ordinal))
        {
            return new Stage3File(FullPath(stage, from, text, at));
        }

        // Plain HTTP is for a mirror in one's own network; what comes is verified by digest and signature.
        return Uri.TryCreate(stage, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            && address.Host.Length > 0 && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0
            ? new Stage3Address(address!)
            : throw Unknown($"'{Shown(stage)}' is no address of a stage3", at);
    }

    private static string? After(string prefix, string text) =>
        text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;

    private static string FullPath(string path, string from, string text, FileLocation? at)
    {
        if (path.Length == 0 || path.Any(char.IsControl))
        {
            throw Unknown($"'{Shown(text)}' names no path", at);
        }

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, from));
        return full == "/"
            ? throw Unknown("the machine's own root is not used as it is", at)
            : full;
    }

    private static Failure Unknown(string sentence, FileLocation? at) =>
        new(FailureKind.CommandLine, sentence, "a root is 'host', 'dir:PATH' or 'stage3:PATH-or-URL'", at);

    private static string Shown(string text) =>
        string.Concat((text.Length > 200 ? text[..200] + "…" : text).Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));
}
