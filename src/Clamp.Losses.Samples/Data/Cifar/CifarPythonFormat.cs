namespace Clamp.Losses.Samples.Data.Cifar;

/// <summary>The python version: a pickled dictionary of labels and of pixels as an [N, 3072] array of bytes.</summary>
/// <param name="layout">The data set.</param>
internal sealed class CifarPythonFormat(CifarLayout layout) : ICifarFormat
{
    private const string PixelKey = "data";

    /// <inheritdoc/>
    public string Archive => $"{layout.Archive}-python.tar.gz";

    /// <inheritdoc/>
    public string Folder => layout.PythonFolder;

    /// <inheritdoc/>
    public string Extension => "";

    /// <inheritdoc/>
    public string Content => $"a pickled dictionary with '{layout.LabelKey}' and '{PixelKey}'";

    /// <inheritdoc/>
    public CifarBatch Parse(byte[] content, ExpectedFile file)
    {
        var dictionary = Unpickle(content, file) as Dictionary<object, object?> ?? throw file.Damaged("is no pickled dictionary");
        var array = dictionary.GetValueOrDefault(PixelKey) as PickledBytes;
        if (array?.Shape is not [> 0 and var count, CifarLayout.ImageBytes] || count > layout.FullFile)
        {
            throw file.Damaged($"has no '{PixelKey}' of N x {CifarLayout.ImageBytes} bytes, N from 1 to {layout.FullFile}");
        }

        var labels = (dictionary.GetValueOrDefault(layout.LabelKey) as List<object?>)?.OfType<int>().ToArray() ?? [];
        return labels.Length == count
            ? new CifarBatch(labels, array.RowMajor())
            : throw file.Damaged($"has {labels.Length} whole numbers in '{layout.LabelKey}' for {count} images");
    }

    private static object? Unpickle(byte[] content, ExpectedFile file)
    {
        try
        {
            return new PickleReader(content).Read();
        }
        catch (InvalidDataException exception)
        {
            throw file.Damaged($"cannot be read: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
