namespace Clamp.Losses.Training.Tests;

/// <summary>TFRecords, read apart from the product's code, with a table-free CRC-32C by its definition.</summary>
internal static class Records
{
    public static List<(byte[] Data, bool ChecksumsAreRight)> Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        var records = new List<(byte[] Data, bool ChecksumsAreRight)>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var length = reader.ReadBytes(sizeof(long));
            var lengthIsRight = Masked(length) == reader.ReadUInt32();
            var data = reader.ReadBytes(checked((int)BitConverter.ToInt64(length)));
            records.Add((data, lengthIsRight && Masked(data) == reader.ReadUInt32()));
        }

        return records;
    }

    private static uint Masked(byte[] data)
    {
        var crc = Crc32C(data);
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    private static uint Crc32C(byte[] data)
    {
        const uint Polynomial = 0x82f63b78;
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ Polynomial;
            }
        }

        return ~crc;
    }
}
