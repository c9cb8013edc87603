using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>
/// The rows made so far, in a file beside the output, so that the work goes on where it was killed: what they are of, then for each image
/// F numbers and their checksum. A broken image's numbers are NaN.
/// </summary>
internal sealed class PartialEmbeddings : IDisposable
{
    private const int HeaderBytes = 2 * SHA256.HashSizeInBytes;
    private readonly FileStream _file;
    private readonly int _width;
    private readonly byte[] _row;

    private PartialEmbeddings(FileStream file, int width)
    {
        (_file, _width, _row) = (file, width, new byte[RowBytes(width)]);
    }

    /// <summary>How many rows are there.</summary>
    public int Count { get; private set; }

    /// <summary>Opens a file, or begins it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoder">What is other where the encoder is.</param>
    /// <param name="images">What is other where the images are.</param>
    /// <param name="width">F.</param>
    /// <param name="replace">Whether rows of another encoder or other images may be lost.</param>
    /// <exception cref="IOException">Another process works on it, or it is of another encoder or other images and may not be replaced.</exception>
    public static PartialEmbeddings Open(string path, string encoder, IEnumerable<string> images, int width, bool replace)
    {
        byte[] header = [.. Hash([encoder]), .. Hash(images)];
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 20);
        try
        {
            var stored = new byte[HeaderBytes];
            var isWhole = file.ReadAtLeast(stored, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes;
            if (isWhole && !replace && !stored.SequenceEqual(header))
            {
                var other = stored.AsSpan(0, SHA256.HashSizeInBytes).SequenceEqual(header.AsSpan(0, SHA256.HashSizeInBytes)) ? "of other images" : "by another encoder";
                throw new IOException($"'{path}' holds embeddings {other}, whose making was stopped; go on with those, or begin anew with --force.");
            }

            var partial = new PartialEmbeddings(file, width);
            if (isWhole && stored.SequenceEqual(header))
            {
                partial.CountWhole();
            }
            else
            {
                file.SetLength(0);
                file.Write(header);
                file.Flush();
            }

            return partial;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Forgets the last rows.</summary>
    /// <param name="count">How many stay.</param>
    public void Truncate(int count)
    {
        Count = count;
        _file.SetLength(HeaderBytes + ((long)count * _row.Length));
    }

    /// <summary>Adds rows, which are there after a kill of the process.</summary>
    public void Append(ReadOnlySpan<float> rows)
    {
        _file.Position = HeaderBytes + ((long)Count * _row.Length);
        for (; rows.Length > 0; rows = rows[_width..], Count++)
        {
            MemoryMarshal.AsBytes(rows[.._width]).CopyTo(_row);
            MemoryMarshal.Write(_row.AsSpan(_width * sizeof(float)), Checksum(_row));
            _file.Write(_row);
        }

        _file.Flush();
    }

    /// <summary>Reads a row.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="row">Filled with F numbers.</param>
    public void Read(int index, Span<float> row)
    {
        var position = HeaderBytes + ((long)index * _row.Length);
        if (_file.Position != position)
        {
            _file.Position = position;
        }

        _file.ReadExactly(_row);
        MemoryMarshal.Cast<byte, float>(_row.AsSpan(0, _width * sizeof(float))).CopyTo(row);
    }

    /// <summary>Whether each image's row has numbers.</summary>
    public IEnumerable<bool> AreSound()
    {
        var row = new float[_width];
        for (int i = 0; i < Count; i++)
        {
            Read(i, row);
            yield return !float.IsNaN(row[0]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // After a power cut a row may be there in part.
    private void CountWhole()
    {
        while (_file.ReadAtLeast(_row, _row.Length, throwOnEndOfStream: false) == _row.Length
            && MemoryMarshal.Read<uint>(_row.AsSpan(_width * sizeof(float))) == Checksum(_row))
        {
            Count++;
        }
    }

    private static int RowBytes(int width) => (width * sizeof(float)) + sizeof(uint);

    private uint Checksum(ReadOnlySpan<byte> row)
    {
        var sum = uint.MaxValue;
        foreach (var number in MemoryMarshal.Cast<byte, uint>(row[..(_width * sizeof(float))]))
        {
            sum = BitOperations.Crc32C(sum, number);
        }

        return sum;
    }

    private static byte[] Hash(IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text));
            hash.AppendData([0]);
        }

        return hash.GetHashAndReset();
    }
}
