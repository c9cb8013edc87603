namespace Clamp.Losses.Samples.Data.Cifar;

/// <summary>The binary version: records of one or two label bytes and 3,072 pixel bytes.</summary>
/// <param name="layout">The data set.</param>
internal sealed class CifarBinaryFormat(CifarLayout layout) : ICifarFormat
{
    private readonly int _recordBytes = layout.LabelBytes + CifarLayout.ImageBytes;

    /// <inheritdoc/>
    public string Archive => $"{layout.Archive}-binary.tar.gz";

    /// <inheritdoc/>
    public string Folder => layout.BinaryFolder;

    /// <inheritdoc/>
    public string Extension => ".bin";

    /// <inheritdoc/>
    public string Content => $"one or more records of {_recordBytes} bytes ({layout.FullFile * _recordBytes} bytes for at most {layout.FullFile})";

    /// <inheritdoc/>
    public CifarBatch Parse(byte[] content, ExpectedFile file)
    {
        if (content.Length == 0 || content.Length > layout.FullFile * _recordBytes || content.Length % _recordBytes != 0)
        {
            throw file.Damaged($"has {content.Length} bytes");
        }

        var labels = new int[content.Length / _recordBytes];
        var pixels = new byte[labels.Length * CifarLayout.ImageBytes];
        for (int i = 0; i < labels.Length; i++)
        {
            var record = content.AsSpan(i * _recordBytes, _recordBytes);
            labels[i] = record[layout.LabelByte];
            record[layout.LabelBytes..].CopyTo(pixels.AsSpan(i * CifarLayout.ImageBytes));
        }

        return new CifarBatch(labels, pixels);
    }
}
