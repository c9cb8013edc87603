using System.Formats.Tar;

namespace Clamp.Losses.Training;

/// <summary>The regular files in a <c>.tar.gz</c> archive, one after the other, without unpacking it.</summary>
internal sealed class TarMembers : IDisposable
{
    // The largest published member, CIFAR-100's train file, has 155 MB.
    private const long LargestMember = 1 << 28;

    private readonly ExpectedFile _file;
    private readonly GzipFile _unpacked;
    private readonly TarReader _reader;
    private TarEntry? _entry;

    /// <summary>Opens an archive.</summary>
    /// <param name="file">The archive, which exists.</param>
    public TarMembers(ExpectedFile file)
    {
        _file = file;
        _unpacked = new GzipFile(file.Path);
        _reader = new TarReader(_unpacked);
    }

    /// <summary>The file name of the current member, without its folder.</summary>
    public string Name => Path.GetFileName(_entry?.Name ?? "");

    /// <summary>Goes to the next regular file. Whether the members were right is known at the end alone, where the checksum stands.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="InvalidDataException">The archive is damaged.</exception>
    public bool MoveNext() => Guarded(() =>
    {
        do
        {
            _entry = _reader.GetNextEntry();
        }
        while (_entry is { DataStream: null });
        if (_entry is null)
        {
            _unpacked.CopyTo(Stream.Null);
        }

        return _entry is not null;
    });

    /// <summary>Reads the current member.</summary>
    /// <returns>All its bytes.</returns>
    /// <exception cref="InvalidDataException">The archive is damaged, or the member has more than 256 MB.</exception>
    public byte[] Content()
    {
        var entry = _entry ?? throw new InvalidOperationException("There is no current member.");
        if (entry.Length > LargestMember)
        {
            throw _file.Damaged($"has a member '{entry.Name}' of {entry.Length} bytes");
        }

        return Guarded(() =>
        {
            var content = new byte[entry.Length];
            entry.DataStream!.ReadExactly(content);
            return content;
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw _file.Damaged($"is truncated or damaged: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
