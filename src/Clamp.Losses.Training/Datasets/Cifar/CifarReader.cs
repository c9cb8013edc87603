namespace Clamp.Losses.Training;

/// <summary>
/// Finds and reads the files of a CIFAR set: the binary version, whose files hold records of one or two label bytes and 3,072 pixel bytes,
/// unpacked or as the published archive.
/// </summary>
/// <param name="layout">The data set.</param>
internal sealed class CifarReader(CifarLayout layout)
{
    private const string Extension = ".bin";

    private readonly string[] _names = [.. layout.TrainFiles, layout.TestFile];
    private readonly int _recordBytes = layout.LabelBytes + CifarLayout.ImageBytes;

    private int MostBytes => layout.FullFile * _recordBytes;

    /// <summary>
    /// Reads both splits. Unpacked files are preferred to the archive; every train file that exists is read, of which the first must.
    /// </summary>
    /// <param name="root">The folder of the files, of the folder that the archive unpacks to, or of the archive.</param>
    /// <returns>The images in the order of the files.</returns>
    /// <exception cref="FileNotFoundException">The first train file or the test file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged or has a label that names no class, or only the python version is there.
    /// </exception>
    public ImageSplits Load(DirectoryInfo root)
    {
        ArgumentNullException.ThrowIfNull(root);
        foreach (string folder in new[] { Path.Combine(root.FullName, layout.BinaryFolder), root.FullName })
        {
            if (_names.Any(name => File.Exists(Path.Combine(folder, name + Extension))))
                return Join(ReadFolder(folder), folder, new PublishedSet(layout.Kind, folder));
        }

        string archive = Path.Combine(root.FullName, layout.BinaryArchive);
        if (File.Exists(archive))
        {
            var published = new PublishedSet(layout.Kind, archive);
            published.Compare(archive);
            return Join(ReadArchive(archive), archive, published);
        }

        ThrowIfPython(root.FullName);
        throw Expect(root.FullName, layout.TrainFiles[0]).Missing();
    }

    // The python version is pickled, which only a reader of a whole language could do justice to; the pixels are the same.
    private void ThrowIfPython(string root)
    {
        string[] files = [layout.PythonArchive, layout.TrainFiles[0], layout.TestFile];
        string folder = Path.Combine(root, layout.PythonFolder);
        string? file = files.Select(name => Path.Combine(root, name)).FirstOrDefault(File.Exists);
        if ((file ?? (Directory.Exists(folder) ? folder : null)) is { } python)
        {
            throw new InvalidDataException(
                $"'{python}' is of the python version, which is not read. The binary version holds the same images: put "
                + $"{layout.BinaryArchive} into '{root}'. Get it from {CifarLayout.Source}.");
        }
    }

    private Dictionary<string, byte[]> ReadFolder(string folder)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (string name in _names)
        {
            var file = Expect(folder, name);
            if (File.Exists(file.Path))
                files.Add(name, Checked(File.ReadAllBytes(file.Path), file));
        }

        return files;
    }

    private Dictionary<string, byte[]> ReadArchive(string archive)
    {
        var files = new Dictionary<string, byte[]>();
        using var members = new TarMembers(new ExpectedFile(archive, $"the published {layout.BinaryArchive}", CifarLayout.Source));
        while (members.MoveNext())
        {
            string name = Path.GetFileNameWithoutExtension(members.Name);
            if (_names.Contains(name) && Path.GetExtension(members.Name) == Extension)
                files[name] = Checked(members.Content(), Expect(archive, name));
        }

        return files;
    }

    private byte[] Checked(byte[] content, ExpectedFile file)
    {
        if (content.Length == 0 || content.Length > MostBytes || content.Length % _recordBytes != 0)
            throw file.Damaged($"has {content.Length} bytes");

        int[] labels = Labels(content);
        int wrong = Array.FindIndex(labels, label => label >= layout.ClassNames.Count);
        return wrong < 0 ? content : throw file.Damaged(
            $"has the label {labels[wrong]} in record {wrong}, but labels go from 0 to {layout.ClassNames.Count - 1}");
    }

    private ImageSplits Join(Dictionary<string, byte[]> files, string place, PublishedSet published)
    {
        byte[] Required(string name) => files.TryGetValue(name, out var content) ? content : throw Expect(place, name).Missing();
        byte[] first = Required(layout.TrainFiles[0]);
        var others = layout.TrainFiles.Skip(1).Where(files.ContainsKey).Select(name => files[name]);
        var images = new ImageSplits(Images([first, .. others]), Images([Required(layout.TestFile)]));
        foreach (string name in _names)
        {
            published.Count(
                name + Extension,
                files.TryGetValue(name, out var content) ? content.Length / _recordBytes : 0,
                name == layout.TestFile ? CifarLayout.TestImages : layout.FullFile);
        }

        return published.Warn(images);
    }

    private MemoryImages Images(byte[][] files)
    {
        var pixels = new byte[files.Sum(file => file.Length / _recordBytes) * CifarLayout.ImageBytes];
        int position = 0;
        foreach (byte[] file in files)
        {
            for (int record = 0; record < file.Length; record += _recordBytes)
            {
                file.AsSpan(record + layout.LabelBytes, CifarLayout.ImageBytes).CopyTo(pixels.AsSpan(position));
                position += CifarLayout.ImageBytes;
            }
        }

        return new MemoryImages(pixels, [.. files.SelectMany(Labels)], CifarLayout.Side, CifarLayout.Side, layout.ClassNames);
    }

    private int[] Labels(byte[] file)
    {
        var labels = new int[file.Length / _recordBytes];
        for (int i = 0; i < labels.Length; i++)
            labels[i] = file[(i * _recordBytes) + layout.LabelByte];
        return labels;
    }

    private ExpectedFile Expect(string place, string name) => new(
        Path.Combine(place, name + Extension),
        $"one or more records of {_recordBytes} bytes ({MostBytes} bytes for a complete file), or {layout.BinaryArchive} in its folder",
        CifarLayout.Source);
}
