using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>A stream that rank 0 writes and all others read, sent in pieces of a fixed size; the last, which is shorter within, ends it.</summary>
/// <param name="group">The processes.</param>
/// <param name="pieceBytes">The bytes of a piece.</param>
internal sealed class BroadcastStream(IProcessGroup group, int pieceBytes = 4 << 20) : Stream
{
    private const int Header = sizeof(int);

    private readonly byte[] _piece = new byte[Header + pieceBytes];
    private readonly Tensor _sent = zeros([Header + pieceBytes], uint8, CPU).DetachFromDisposeScope();
    private int _position;
    private int _length;
    private bool _isLast;

    public override bool CanRead => group.Rank != 0;

    public override bool CanWrite => group.Rank == 0;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (_position == pieceBytes)
            {
                Send();
            }

            var some = buffer[..Math.Min(buffer.Length, pieceBytes - _position)];
            some.CopyTo(_piece.AsSpan(Header + _position));
            _position += some.Length;
            buffer = buffer[some.Length..];
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_position == _length && !_isLast)
        {
            Receive();
        }

        var some = _piece.AsSpan(Header + _position, Math.Min(buffer.Length, _length - _position));
        some.CopyTo(buffer);
        _position += some.Length;
        return some.Length;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Sends or takes the pieces that are left, so that all processes have called as often.</summary>
    public void Complete()
    {
        if (group.Rank == 0)
        {
            if (_position == pieceBytes)
            {
                Send();
            }

            Send();
            return;
        }

        while (!_isLast)
        {
            Receive();
        }
    }

    protected override void Dispose(bool disposing)
    {
        _sent.Dispose();
        base.Dispose(disposing);
    }

    private void Send()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_piece, _position);
        _piece.CopyTo(_sent.bytes);
        group.Broadcast(_sent, root: 0);
        _position = 0;
    }

    private void Receive()
    {
        group.Broadcast(_sent, root: 0);
        _sent.bytes.CopyTo(_piece);
        _length = BinaryPrimitives.ReadInt32LittleEndian(_piece);
        _isLast = _length < pieceBytes;
        _position = 0;
    }
}
