using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes a copy of an ELF64 little-endian library in which the need for one symbol version is weak (VER_FLG_WEAK),
/// so that the dynamic loader accepts a system that lacks the version. Any other file is copied unchanged.
/// </summary>
public class WeakenElfVersionNeed : Task
{
    private const int GnuVersionNeed = 0x6ffffffe;
    private const byte VersionFlagWeak = 0x2;

    private byte[] _image;

    [Required]
    public string Source { get; set; }

    [Required]
    public string Destination { get; set; }

    [Required]
    public string VersionName { get; set; }

    public override bool Execute()
    {
        _image = File.ReadAllBytes(Source);
        if (IsElf64LittleEndian())
        {
            WeakenSections();
        }

        Replace(Destination);
        return true;
    }

    private bool IsElf64LittleEndian()
    {
        return _image.Length >= 64 && Int32At(0) == 0x464c457f && _image[4] == 2 && _image[5] == 1;
    }

    private void WeakenSections()
    {
        long headers = Int64At(0x28);
        int size = UInt16At(0x3A), count = UInt16At(0x3C);
        for (int i = 0; i < count; i++)
        {
            long section = headers + (long)i * size;
            if (Int32At(section + 4) == GnuVersionNeed)
            {
                long strings = Int64At(headers + (long)Int32At(section + 40) * size + 24);
                WeakenNeeds(Int64At(section + 24), strings);
            }
        }
    }

    private void WeakenNeeds(long need, long strings)
    {
        for (int next = -1; next != 0; need += next)
        {
            long version = need + Int32At(need + 8);
            for (int left = UInt16At(need + 2); left > 0; left--)
            {
                if (StringAt(strings + Int32At(version + 8)) == VersionName)
                {
                    _image[version + 4] |= VersionFlagWeak;
                }

                version += Int32At(version + 12);
            }

            next = Int32At(need + 12);
        }
    }

    // Written beside and renamed: the destination may be a hard link to a file that others share.
    private void Replace(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)));
        string beside = path + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(beside, _image);
        File.Delete(path);
        File.Move(beside, path);
    }

    private int UInt16At(long offset) { return BitConverter.ToUInt16(_image, checked((int)offset)); }

    private int Int32At(long offset) { return BitConverter.ToInt32(_image, checked((int)offset)); }

    private long Int64At(long offset) { return BitConverter.ToInt64(_image, checked((int)offset)); }

    private string StringAt(long offset)
    {
        int start = checked((int)offset);
        return Encoding.ASCII.GetString(_image, start, Array.IndexOf(_image, (byte)0, start) - start);
    }
}
