namespace Clamp.Losses.Training;

/// <summary>Compares the files of a data set with those that are published, so that a part of it is not taken for the whole.</summary>
/// <param name="kind">The data set.</param>
/// <param name="place">Where its files are, for messages.</param>
internal sealed class PublishedSet(DatasetKind kind, string place)
{
    private readonly List<string> _differences = [];

    /// <summary>Notes how many images a file has, when that is not the published number; none for a file that is not there.</summary>
    public void Count(string file, int images, int published)
    {
        if (images != published)
            _differences.Add(images == 0 ? $"{file} is missing" : $"{file} has {images} of {published} images");
    }

    /// <summary>Notes a file that has another MD5 than the published one; a file that is not published as it is, unpacked, is passed over.</summary>
    public void Compare(string path)
    {
        string name = Path.GetFileName(path);
        if (PublicFiles.Of(kind).FirstOrDefault(file => file.Name == name) is not { } published)
            return;

        string sum = RememberedSums.Of(path);
        if (sum != published.Md5)
            _differences.Add($"{name} has the MD5 {sum}, not the published {published.Md5}");
    }

    /// <summary>What is not as published, in <see cref="ImageSplits.Warnings"/>.</summary>
    public ImageSplits Warn(ImageSplits images) => _differences.Count == 0
        ? images
        : images with { Warnings = [$"'{place}' is not {kind} as it is published: {string.Join("; ", _differences)}."] };
}
