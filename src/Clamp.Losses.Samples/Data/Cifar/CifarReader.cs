namespace Clamp.Losses.Samples.Data.Cifar;

/// <summary>Finds and reads the files of a CIFAR set: either version, unpacked or as the published archive.</summary>
/// <param name="layout">The data set.</param>
internal sealed class CifarReader(CifarLayout layout)
{
    private readonly ICifarFormat[] _formats = [new CifarBinaryFormat(layout), new CifarPythonFormat(layout)];
    private readonly string[] _names = [.. layout.TrainFiles, layout.TestFile];

    /// <summary>
    /// Reads both splits. Unpacked files are preferred to archives and the binary version to the python one; every train file that
    /// exists is read, of which the first must.
    /// </summary>
    /// <param name="root">The folder of the files, of the folder that an archive unpacks to, or of an archive.</param>
    /// <returns>The images in the order of the files.</returns>
    /// <exception cref="FileNotFoundException">The first train file or the test file does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or has a label that names no class.</exception>
    public ImageSplits Load(DirectoryInfo root)
    {
        ArgumentNullException.ThrowIfNull(root);
        foreach (var format in _formats)
        {
            foreach (string folder in new[] { Path.Combine(root.FullName, format.Folder), root.FullName })
            {
                if (_names.Any(name => File.Exists(Path.Combine(folder, name + format.Extension))))
                {
                    return Join(ReadFolder(folder, format), folder, format);
                }
            }
        }

        foreach (var format in _formats)
        {
            string archive = Path.Combine(root.FullName, format.Archive);
            if (File.Exists(archive))
            {
                return Join(ReadArchive(archive, format), archive, format);
            }
        }

        throw Expect(root.FullName, layout.TrainFiles[0], _formats[0]).Missing();
    }

    private Dictionary<string, CifarBatch> ReadFolder(string folder, ICifarFormat format)
    {
        var batches = new Dictionary<string, CifarBatch>();
        foreach (string name in _names)
        {
            var file = Expect(folder, name, format);
            if (File.Exists(file.Path))
            {
                batches.Add(name, Parse(File.ReadAllBytes(file.Path), file, format));
            }
        }

        return batches;
    }

    private Dictionary<string, CifarBatch> ReadArchive(string archive, ICifarFormat format)
    {
        var batches = new Dictionary<string, CifarBatch>();
        using var members = new TarMembers(new ExpectedFile(archive, $"the published {format.Archive}", CifarLayout.Source));
        while (batches.Count < _names.Length && members.MoveNext())
        {
            string name = Path.GetFileNameWithoutExtension(members.Name);
            if (_names.Contains(name) && Path.GetExtension(members.Name) == format.Extension)
            {
                batches[name] = Parse(members.Content(), Expect(archive, name, format), format);
            }
        }

        return batches;
    }

    private CifarBatch Parse(byte[] content, ExpectedFile file, ICifarFormat format)
    {
        var batch = format.Parse(content, file);
        int wrong = Array.FindIndex(batch.Labels, label => (uint)label >= (uint)layout.ClassNames.Count);
        return wrong < 0 ? batch : throw file.Damaged(
            $"has the label {batch.Labels[wrong]} in record {wrong}, but labels go from 0 to {layout.ClassNames.Count - 1}");
    }

    private ImageSplits Join(Dictionary<string, CifarBatch> batches, string place, ICifarFormat format)
    {
        CifarBatch Required(string name) => batches.TryGetValue(name, out var batch) ? batch : throw Expect(place, name, format).Missing();
        var first = Required(layout.TrainFiles[0]);
        var others = layout.TrainFiles.Skip(1).Where(batches.ContainsKey).Select(name => batches[name]);
        return new ImageSplits(Concatenate([first, .. others]), Concatenate([Required(layout.TestFile)]));
    }

    private LabelledImages Concatenate(CifarBatch[] batches)
    {
        var pixels = new byte[batches.Sum(batch => batch.Pixels.Length)];
        int position = 0;
        foreach (var batch in batches)
        {
            batch.Pixels.CopyTo(pixels, position);
            position += batch.Pixels.Length;
        }

        return new LabelledImages(
            pixels, [.. batches.SelectMany(batch => batch.Labels)], CifarLayout.Side, CifarLayout.Side, layout.ClassNames);
    }

    private ExpectedFile Expect(string place, string name, ICifarFormat format) => new(
        Path.Combine(place, name + format.Extension),
        $"{format.Content}, or {string.Join(" or ", _formats.Select(other => other.Archive))} in its folder",
        CifarLayout.Source);
}
