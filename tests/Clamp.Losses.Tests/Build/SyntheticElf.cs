using System.Buffers.Binary;
using System.Text;

namespace Clamp.Losses.Tests.Build;

/// <summary>A minimal ELF64 library: a .gnu.version_r section that needs versions of two libraries, and its string table.</summary>
internal static class SyntheticElf
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int GnuVersionNeed = 0x6ffffffe;

    /// <summary>The file, with the offsets of the flags of each needed version.</summary>
    /// <param name="versions">The versions needed of the first library; a second one needs LAST_1.0.</param>
    public static (byte[] Image, Dictionary<string, int> FlagOffsets) Needing(params string[] versions)
    {
        string[] all = [.. versions, "LAST_1.0"];
        var strings = Encoding.ASCII.GetBytes("\0" + string.Concat(all.Select(version => version + "\0")));
        int needs = HeaderSize, stringTable = needs + 2 * 16 + all.Length * 16, sections = stringTable + strings.Length;
        var image = new byte[sections + 3 * SectionHeaderSize];
        WriteHeader(image, sections);
        WriteSection(image, sections + SectionHeaderSize, type: GnuVersionNeed, offset: needs, link: 2);
        WriteSection(image, sections + 2 * SectionHeaderSize, type: 3, offset: stringTable, link: 0);
        strings.CopyTo(image, stringTable);

        var flags = new Dictionary<string, int>();
        WriteNeed(image, needs, versions, flags, strings, next: 16 + versions.Length * 16);
        WriteNeed(image, needs + 16 + versions.Length * 16, ["LAST_1.0"], flags, strings, next: 0);
        return (image, flags);
    }

    private static void WriteHeader(byte[] image, int sections)
    {
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(image, 0);
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(0x28), sections);
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(0x3A), SectionHeaderSize);
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(0x3C), 3);
    }

    private static void WriteSection(byte[] image, int at, int type, long offset, int link)
    {
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at + 4), type);
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(at + 24), offset);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at + 40), link);
    }

    private static void WriteNeed(byte[] image, int at, string[] versions, Dictionary<string, int> flags, byte[] strings, int next)
    {
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(at), 1);
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(at + 2), (short)versions.Length);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at + 8), 16);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at + 12), next);
        for (int i = 0; i < versions.Length; i++)
        {
            int auxiliary = at + 16 + i * 16;
            var name = Encoding.ASCII.GetString(strings).IndexOf("\0" + versions[i] + "\0", StringComparison.Ordinal) + 1;
            BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(auxiliary + 8), name);
            BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(auxiliary + 12), i == versions.Length - 1 ? 0 : 16);
            flags[versions[i]] = auxiliary + 4;
        }
    }
}
