using System.Globalization;

namespace Clamp.Losses.Training;

/// <summary>
/// A text file that says which training images are labelled: on each line a position from 0, or for images of files a name, such as
/// <c>n02105855_2933.JPEG</c> in SimCLR's lists, with its folder where several have it; # begins a comment.
/// </summary>
public static class LabelList
{
    private const int Several = -1;

    /// <summary>Reads a list.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">The training images.</param>
    /// <returns>The positions, in the file's order.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">A line is not a position or a name of an image, repeats one, or there is none.</exception>
    public static int[] Read(string path, ImageSource images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var positions = new List<int>();
        var seen = new HashSet<int>();
        var names = new Lazy<Dictionary<string, int>>(() => Names(images));
        foreach (var (line, number) in File.ReadLines(path).Select((line, index) => (line.Split('#')[0].Trim(), index + 1)))
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (!int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            {
                position = names.Value.GetValueOrDefault(line, images.Count);
            }

            if (position == Several)
            {
                throw new InvalidDataException($"'{path}', line {number}, is '{line}', the name of several images; put its folder before it, as FOLDER/{line}.");
            }

            if (position >= images.Count)
            {
                var name = names.Value.Count > 0 ? ", or the name of a training image" : "";
                throw new InvalidDataException($"'{path}', line {number}, is '{line}'; it must be a position from 0 to {images.Count - 1}{name}.");
            }

            if (!seen.Add(position))
            {
                throw new InvalidDataException($"'{path}', line {number}, repeats {line}; every image may be listed once.");
            }

            positions.Add(position);
        }

        return positions.Count > 0 ? [.. positions] : throw new InvalidDataException($"'{path}' lists no image.");
    }

    /// <summary>Writes a list that <see cref="Read"/> reads, all or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="positions">The positions.</param>
    public static void Write(string path, IEnumerable<int> positions) =>
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            foreach (var position in positions)
            {
                writer.WriteLine(position.ToString(CultureInfo.InvariantCulture));
            }
        });

    /// <summary>The position of every file's name, and of its name with the folder's before it.</summary>
    private static Dictionary<string, int> Names(ImageSource images)
    {
        var names = new Dictionary<string, int>();
        for (int i = 0; i < images.Count && images.PathOf(i) is { } path; i++)
        {
            var (name, folder) = (Path.GetFileName(path), Path.GetFileName(Path.GetDirectoryName(path)));
            foreach (var key in new[] { name, $"{folder}/{name}" })
            {
                if (!names.TryAdd(key, i))
                {
                    names[key] = Several;
                }
            }
        }

        return names;
    }
}
