using System.Buffers.Binary;
using System.Runtime.InteropServices;
using PatchForge.Seams;

namespace PatchForge.Roots;

/// <summary>The processor that a program is for: e_machine of its ELF header (elf(5)).</summary>
public static class ElfMachine
{
    /// <summary>Null when it is no ELF program.</summary>
    public static string? Of(ReadOnlySpan<byte> head)
    {
        if (head.Length < 20 || !head.StartsWith("\u007fELF"u8))
        {
            return null;
        }

        var machine = head[5] == 2 ? BinaryPrimitives.ReadUInt16BigEndian(head[18..]) : BinaryPrimitives.ReadUInt16LittleEndian(head[18..]);
        return (machine, Is64: head[4] == 2) switch
        {
            (62, true) => "amd64",
            (183, true) => "arm64",
            (3, _) => "x86",
            (40, _) => "arm",
            (243, true) => "riscv",
            (21, true) => "ppc64",
            (22, _) => "s390",
            var (other, _) => $"ELF machine {other}",
        };
    }

    /// <summary>Looks at the root's shell: a root whose shell does not run here is none.</summary>
    /// <exception cref="Failure">Refused, naming both architectures, or when there is no shell.</exception>
    public static void MustRunHere(RootTree root)
    {
        var shell = RootLook.Find(root, "/bin/bash") ?? RootLook.Find(root, "/bin/sh")
            ?? throw Failure.Refused($"{root.Name} has no /bin/sh, so it is no root");
        using var stream = File.OpenRead(shell);
        var head = new byte[20];
        var machine = Of(head.AsSpan(0, stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)));
        if (machine != OfThisMachine())
        {
            throw Failure.Refused($"{root.Name} is for {machine ?? "no known architecture"}, and this machine is {OfThisMachine()}", $"take a root of {OfThisMachine()}");
        }
    }

    public static string OfThisMachine() => Stage3Name.OfMachine(RuntimeInformation.OSArchitecture);
}
