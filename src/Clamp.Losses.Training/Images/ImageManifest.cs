namespace Clamp.Losses.Training;

/// <summary>
/// Reads lists of image files: a path on each line, or CSV with a path and a label, with or without a line of headings
/// (<c>path</c> or <c>path,label</c>). A field with a comma or a quotation mark in it stands in quotation marks, those in it doubled.
/// </summary>
public static class ImageManifest
{
    /// <summary>Reads the list of the training images, and that of the test images where there is one. No image is looked for yet.</summary>
    /// <param name="train">The list. Either every line has a label or none.</param>
    /// <param name="decode">Decodes a file, such as <c>SkiaImage.Read</c>.</param>
    /// <param name="options">As for <see cref="ImageFolder.Load"/>.</param>
    /// <param name="test">The list of the test images, with labels that the training images have; null without.</param>
    /// <param name="root">Where relative paths begin; null for the folder of each list.</param>
    /// <returns>The images in the order of the lists; classes are the labels of the training images in ordinal order.</returns>
    /// <exception cref="InvalidOptionsException">The size is out of range or a limit is negative.</exception>
    /// <exception cref="FileNotFoundException">A list does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A list names no image; a line has more than two fields, a quotation mark without its second, no path, or a label where others have
    /// none or the other way round; or a test image has a label that no training image has. The message says which line.
    /// </exception>
    public static ImageSplits Load(
        FileInfo train, ImageDecoder decode, LoadOptions? options = null, FileInfo? test = null, DirectoryInfo? root = null)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(decode);
        options ??= new LoadOptions();
        options.Validate();
        var trainLines = Read(train, root);
        string[] classes = [.. trainLines.Select(line => line.Label).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        var testLines = test is null ? null : Read(test, root);
        return ImageFolder.Splits(
            Images(train, trainLines, classes, decode, options),
            testLines is null ? null : Images(test!, testLines, classes, decode, options),
            options);
    }

    private static FileImages Images(FileInfo list, List<Line> lines, string[] classes, ImageDecoder decode, LoadOptions options)
    {
        var paths = lines.ConvertAll(line => line.Path);
        if (classes.Length == 0)
            return new FileImages(paths, options.ImageSize, decode, centre: options.Centre);

        var indices = classes.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index);
        var labels = lines.ConvertAll(line => line.Label is { } label && indices.TryGetValue(label, out var index)
            ? index
            : throw Fault(list, line.Number, line.Label is null ? "has no label" : $"has the label '{line.Label}', which no training image has"));
        return new FileImages(paths, options.ImageSize, decode, labels, classes, options.Centre);
    }

    private static List<Line> Read(FileInfo list, DirectoryInfo? root)
    {
        if (!list.Exists)
            throw new FileNotFoundException($"'{list.FullName}' does not exist; expected a list of images, a path or path,label on each line.", list.FullName);

        var (lines, number) = (new List<Line>(), 0);
        var folder = root?.FullName ?? list.DirectoryName!;
        foreach (var text in File.ReadLines(list.FullName))
        {
            number++;
            if (string.IsNullOrWhiteSpace(text) || (number == 1 && text.Trim().ToUpperInvariant() is "PATH" or "PATH,LABEL"))
                continue;

            var fields = Fields(text) ?? throw Fault(list, number, "has a quotation mark without its second");
            if (fields.Count > 2)
                throw Fault(list, number, $"has {fields.Count} fields; allowed: a path, or a path and a label");
            if (fields[0].Length == 0)
                throw Fault(list, number, "has no path");
            lines.Add(new Line(number, Path.Combine(folder, fields[0]), fields.Count == 2 && fields[1].Length > 0 ? fields[1] : null));
        }

        if (lines.Count == 0)
            throw new InvalidDataException($"'{list.FullName}' names no image.");
        var odd = lines.Find(line => line.Label is null != lines[0].Label is null);
        return odd is null ? lines : throw Fault(
            list, odd.Number, $"has {(odd.Label is null ? "no" : "a")} label, but line {lines[0].Number} has {(odd.Label is null ? "one" : "none")}");
    }

    /// <summary>The fields of a line; null where a quotation mark is left open, or text follows one that closes.</summary>
    private static List<string>? Fields(string text)
    {
        if (!text.Contains('"', StringComparison.Ordinal))
            return [.. text.Split(',', StringSplitOptions.TrimEntries)];

        var fields = new List<string>();
        for (int at = 0; at <= text.Length; at++)
        {
            int end = at;
            if (at < text.Length && text[at] == '"')
            {
                do
                {
                    end = text.IndexOf('"', end + 1) + 1;
                }
                while (end > 0 && end < text.Length && text[end] == '"');

                if (end == 0 || (end < text.Length && text[end] != ','))
                    return null;
                fields.Add(text[(at + 1)..(end - 1)].Replace("\"\"", "\"", StringComparison.Ordinal));
            }
            else
            {
                end = text.IndexOf(',', at) is >= 0 and var comma ? comma : text.Length;
                fields.Add(text[at..end].Trim());
            }

            at = end;
        }

        return fields;
    }

    private static InvalidDataException Fault(FileInfo list, int line, string fault) => new($"'{list.FullName}', line {line} {fault}.");

    private sealed record Line(int Number, string Path, string? Label);
}
