namespace Clamp.Losses.Samples.Data;

/// <summary>
/// Reads the binary version of CIFAR-10 (A. Krizhevsky, 2009): records of a label byte and 3,072 pixel bytes, which
/// are the red, the green and the blue plane of a 32x32 image.
/// </summary>
public static class Cifar10Binary
{
    private const string Source = "https://www.cs.toronto.edu/~kriz/cifar.html (the binary version)";
    private const string ArchiveFolder = "cifar-10-batches-bin";
    private const int TrainBatches = 5;
    private const int Side = 32;
    private const int ImageBytes = LabelledImages.Channels * Side * Side;
    private const int RecordBytes = 1 + ImageBytes;
    private const int FullBatchBytes = 10_000 * RecordBytes;

    private static readonly string[] Names =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>The names of the 10 classes, in the order of the labels.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = Array.AsReadOnly(Names);

    /// <summary>Reads every train batch that exists, of which the first must, and the test batch.</summary>
    /// <param name="root">The folder of <c>data_batch_1.bin</c> and <c>test_batch.bin</c>, or the one that holds their
    /// folder <c>cifar-10-batches-bin</c>.</param>
    /// <returns>The images in the order of the files; 50,000 to train and 10,000 to test when the set is complete.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="FileNotFoundException">The first train batch or the test batch does not exist.</exception>
    /// <exception cref="InvalidDataException">A file ends within a record, is empty, or has a label above 9.</exception>
    public static ImageSplits Load(DirectoryInfo root)
    {
        ArgumentNullException.ThrowIfNull(root);
        string nested = Path.Combine(root.FullName, ArchiveFolder);
        string folder = Directory.Exists(nested) ? nested : root.FullName;

        string[] train = [.. Enumerable.Range(1, TrainBatches).Select(batch => Path.Combine(folder, $"data_batch_{batch}.bin"))];
        string test = Path.Combine(folder, "test_batch.bin");
        return new ImageSplits(Read([train[0], .. train[1..].Where(File.Exists)]), Read([test]));
    }

    private static LabelledImages Read(string[] paths)
    {
        ExpectedFile[] files = [.. paths.Select(path => new ExpectedFile(
            path, $"one or more records of {RecordBytes} bytes ({FullBatchBytes} bytes for a complete batch)", Source))];
        int[] counts = [.. files.Select(CountRecords)];

        var labels = new int[counts.Sum()];
        var pixels = new byte[labels.Length * ImageBytes];
        int first = 0;
        foreach ((ExpectedFile file, int count) in files.Zip(counts))
        {
            ReadRecords(file, labels.AsSpan(first, count), pixels.AsSpan(first * ImageBytes, count * ImageBytes));
            first += count;
        }

        return new LabelledImages(pixels, labels, Side, Side, Names);
    }

    private static int CountRecords(ExpectedFile file)
    {
        var info = new FileInfo(file.Path);
        if (!info.Exists)
            throw file.Missing();
        if (info.Length is 0 or > FullBatchBytes || info.Length % RecordBytes != 0)
            throw file.Damaged($"has {info.Length} bytes");
        return (int)(info.Length / RecordBytes);
    }

    private static void ReadRecords(ExpectedFile file, Span<int> labels, Span<byte> pixels)
    {
        using FileStream stream = File.OpenRead(file.Path);
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = stream.ReadByte();
            if (labels[i] >= Names.Length)
                throw file.Damaged($"has the label {labels[i]} in record {i}, but labels go from 0 to {Names.Length - 1}");
            stream.ReadExactly(pixels.Slice(i * ImageBytes, ImageBytes));
        }
    }
}
