using System.IO.Compression;

namespace Clamp.Losses.Training;

/// <summary>
/// The unpacked content of a gzip file, read forwards. Only who reads it to the end has seen its checksum; what unpacks to more than
/// any published set does is refused, for a small file can hold gigabytes of one byte.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class GzipFile(string path) : Stream
{
    /// <summary>The most bytes that a file unpacks to: twice the largest published one, EMNIST's.</summary>
    public const long Most = 1_200_000_000;

    private readonly GZipStream _unpacked = new(File.OpenRead(path), CompressionMode.Decompress);
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var read = _unpacked.Read(buffer);
        _position += read;
        return _position <= Most ? read : throw new InvalidDataException($"it unpacks to more than {Most} bytes");
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
        }

        base.Dispose(disposing);
    }
}
