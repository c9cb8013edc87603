using System.Buffers.Binary;
using System.Text;

namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>The symbol versions that a Linux library (ELF64, little-endian) needs from others and defines itself.</summary>
public sealed class ElfVersions
{
    private const uint Magic = 0x464c457f;
    private const uint DefinitionSection = 0x6ffffffd;
    private const uint NeedSection = 0x6ffffffe;
    private const int WeakFlag = 2;
    private readonly byte[] _image;
    private readonly List<string> _definitions = [];
    private readonly List<VersionNeed> _needs = [];

    private ElfVersions(byte[] image)
    {
        _image = image;
        if (image.Length < 64 || UInt32At(0) != Magic || image[4] != 2 || image[5] != 1)
        {
            throw new InvalidDataException("it is no 64-bit little-endian ELF file");
        }

        var (headers, size, count) = ((int)Int64At(0x28), UInt16At(0x3A), UInt16At(0x3C));
        for (var section = headers; section < headers + (count * size); section += size)
        {
            ReadSection((int)Int64At(section + 24), UInt32At(section + 4), headers + ((int)UInt32At(section + 40) * size));
        }
    }

    /// <summary>Versions that the library offers.</summary>
    public IReadOnlyList<string> Definitions => _definitions;

    /// <summary>Versions that the library asks of others.</summary>
    public IReadOnlyList<VersionNeed> Needs => _needs;

    /// <summary>Reads a library.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What it asks for and offers.</returns>
    /// <exception cref="InvalidDataException">It is another kind of file, or damaged.</exception>
    public static ElfVersions Read(string path)
    {
        try
        {
            return new ElfVersions(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("it is cut short", e);
        }
    }

    private void ReadSection(int start, uint type, int namesHeader)
    {
        if (type == DefinitionSection)
        {
            var names = (int)Int64At(namesHeader + 24);
            Walk(start, nextOffset: 16, at => _definitions.Add(StringAt(names + Int32At(at + Int32At(at + 12)))));
        }
        else if (type == NeedSection)
        {
            var names = (int)Int64At(namesHeader + 24);
            Walk(start, nextOffset: 12, at => ReadNeeds(at, names));
        }
    }

    private void ReadNeeds(int file, int names)
    {
        var library = StringAt(names + Int32At(file + 4));
        Walk(file + Int32At(file + 8), nextOffset: 12, at =>
            _needs.Add(new VersionNeed(library, StringAt(names + Int32At(at + 8)), (UInt16At(at + 4) & WeakFlag) != 0)));
    }

    /// <summary>Visits records that each hold the distance to the next, 0 in the last.</summary>
    private void Walk(int at, int nextOffset, Action<int> visit)
    {
        int next;
        do
        {
            visit(at);
            next = Int32At(at + nextOffset);
            ArgumentOutOfRangeException.ThrowIfNegative(next);
            at += next;
        }
        while (next != 0);
    }

    private int UInt16At(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_image.AsSpan(offset, 2));

    private uint UInt32At(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_image.AsSpan(offset, 4));

    private int Int32At(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_image.AsSpan(offset, 4));

    private long Int64At(int offset) => BinaryPrimitives.ReadInt64LittleEndian(_image.AsSpan(offset, 8));

    private string StringAt(int offset)
    {
        var rest = _image.AsSpan(offset);
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }
}
