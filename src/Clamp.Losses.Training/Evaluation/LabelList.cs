using System.Globalization;

namespace Clamp.Losses.Training;

/// <summary>A text file that says which training images are labelled: one position from 0 on each line; # begins a comment.</summary>
public static class LabelList
{
    /// <summary>Reads a list.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">How many training images there are.</param>
    /// <returns>The positions, in the file's order.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">A line is not a position of an image, repeats one, or there is none.</exception>
    public static int[] Read(string path, int images)
    {
        var positions = new List<int>();
        var seen = new HashSet<int>();
        foreach (var (line, number) in File.ReadLines(path).Select((line, index) => (line.Split('#')[0].Trim(), index + 1)))
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (!int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var position) || position >= images)
            {
                throw new InvalidDataException($"'{path}', line {number}, is '{line}'; it must be a position from 0 to {images - 1}.");
            }

            if (!seen.Add(position))
            {
                throw new InvalidDataException($"'{path}', line {number}, repeats {position}; every image may be listed once.");
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
}
