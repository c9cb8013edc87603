namespace Clamp.Losses.Training;

/// <summary>Reads the four IDX files that MNIST and the sets modelled on it consist of.</summary>
internal static class IdxImages
{
    private const int Side = 28;
    private const int TrainImages = 60_000;
    private const int TestImages = 10_000;
    private const int PlaneBytes = Side * Side;

    /// <summary>Reads both splits; grey values are repeated in the three colour planes.</summary>
    /// <param name="root">The folder of the four files, each plain or as <c>.gz</c>.</param>
    /// <param name="kind">The data set.</param>
    /// <param name="classNames">The names of the classes, in the order of the labels.</param>
    /// <param name="source">The page that offers the files, for the messages of exceptions.</param>
    /// <returns>The images in the order of the files; what is not as published is in <see cref="ImageSplits.Warnings"/>.</returns>
    public static ImageSplits Load(DirectoryInfo root, DatasetKind kind, IReadOnlyList<string> classNames, string source)
    {
        ArgumentNullException.ThrowIfNull(root);
        var images = new ImageSplits(ReadSplit(root, "train", classNames, source), ReadSplit(root, "t10k", classNames, source));
        var published = new PublishedSet(kind, root.FullName);
        published.Count("train-images-idx3-ubyte", images.Train.Count, TrainImages);
        published.Count("t10k-images-idx3-ubyte", images.Test!.Count, TestImages);

        // Of an unpacked file no sum is published; where both are there, it is the one that was read.
        foreach (var file in PublicFiles.Of(kind))
        {
            var packed = Path.Combine(root.FullName, file.Name);
            if (File.Exists(packed) && !File.Exists(Path.ChangeExtension(packed, null)))
                published.Compare(packed);
        }

        return published.Warn(images);
    }

    private static MemoryImages ReadSplit(DirectoryInfo root, string prefix, IReadOnlyList<string> classNames, string source)
    {
        string imagesPath = Path.Combine(root.FullName, $"{prefix}-images-idx3-ubyte");
        string labelsPath = Path.Combine(root.FullName, $"{prefix}-labels-idx1-ubyte");
        IdxFile images = IdxFile.Read(imagesPath, source);
        IdxFile labels = IdxFile.Read(labelsPath, source);

        if (images.Dimensions is not [int count, Side, Side])
            throw Mismatch(imagesPath, images, $"N x {Side} x {Side}", source);
        if (labels.Dimensions is not [int labelCount] || labelCount != count)
            throw Mismatch(labelsPath, labels, $"the {count} of '{imagesPath}'", source);

        ThrowIfLabelUnknown(new ExpectedFile(labelsPath, $"labels from 0 to {classNames.Count - 1}", source), labels, classNames.Count);
        return new MemoryImages(ReplicateGrey(images.Values.Span), Widen(labels.Values.Span), Side, Side, classNames);
    }

    private static InvalidDataException Mismatch(string path, IdxFile file, string expected, string source) =>
        new ExpectedFile(path, $"the dimensions {expected}", source).Damaged($"has the dimensions {string.Join(" x ", file.Dimensions)}");

    private static void ThrowIfLabelUnknown(ExpectedFile file, IdxFile labels, int classCount)
    {
        ReadOnlySpan<byte> values = labels.Values.Span;
        int position = values.IndexOfAnyExceptInRange((byte)0, (byte)(classCount - 1));
        if (position >= 0)
            throw file.Damaged($"has the label {values[position]} at position {position}");
    }

    private static byte[] ReplicateGrey(ReadOnlySpan<byte> grey)
    {
        var pixels = new byte[checked(grey.Length * ImageSource.Channels)];
        for (int plane = 0; plane < pixels.Length / PlaneBytes; plane++)
            grey.Slice(plane / ImageSource.Channels * PlaneBytes, PlaneBytes).CopyTo(pixels.AsSpan(plane * PlaneBytes));
        return pixels;
    }

    private static int[] Widen(ReadOnlySpan<byte> labels)
    {
        var wide = new int[labels.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = labels[i];
        return wide;
    }
}
