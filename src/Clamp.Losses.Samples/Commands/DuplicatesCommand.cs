using System.CommandLine;
using System.Globalization;
using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Samples.Gallery;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Finds images that show nearly the same.</summary>
public static class DuplicatesCommand
{
    private const int MostGroupsInTable = 50;

    // About 6 MB of pictures.
    private const int MostPictures = 1_000;

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var shared = new EmbeddingArguments();
        var threshold = DefaultedOption.Create(
            "--threshold", "The smallest cosine similarity of two near-duplicates; what it must be depends on the encoder.", 0.98);
        var command = new Command("duplicates", """
            Find images that show nearly the same: pairs of at least a cosine similarity, joined into groups.

            Every pair is compared. Two images of a group may be less similar than the threshold: others link them.
            """);
        shared.AddTo(command);
        command.Options.Add(threshold);
        command.SetAction(arguments =>
        {
            using var table = shared.Open(arguments);
            return Run(arguments, shared, table, arguments.GetValue(threshold));
        });
        return command;
    }

    private static int Run(ParseResult arguments, EmbeddingArguments shared, EmbeddingTable table, double threshold)
    {
        var pairs = NearDuplicates.Pairs(table.Embeddings, threshold);
        var groups = Ranked(pairs);
        Write(table, groups);
        var count = string.Create(
            CultureInfo.InvariantCulture,
            $"{pairs.Count} pairs of {table.Names.Count} images have a similarity of at least {threshold}, in {groups.Count} groups");
        GalleryContent Content(List<GallerySection> shown) => new(
            "Near-duplicates",
            $"{count}.{(shown.Count < groups.Count ? $" The first {shown.Count} groups are shown." : "")} The number below a picture is its "
                + "cosine similarity to the most similar other of its group.",
            "cosine similarity to the most similar other of the group",
            shown);
        Console.WriteLine($"duplicates: {count}{shared.WriteGallery(arguments, table, () => Content(Fitting(groups)))}");
        return 0;
    }

    /// <summary>The groups, the most similar first; of each image the similarity to the nearest of its group.</summary>
    private static List<GallerySection> Ranked(IReadOnlyList<SimilarPair> pairs)
    {
        var nearest = pairs
            .SelectMany(pair => new[] { (Row: pair.First, pair.Similarity), (Row: pair.Second, pair.Similarity) })
            .GroupBy(end => end.Row, end => end.Similarity)
            .ToDictionary(ends => ends.Key, ends => (double)ends.Max());
        return [.. NearDuplicates.Groups(pairs)
            .Select(group => group.Select(row => new GalleryEntry(row, nearest[row])).ToList())
            .OrderByDescending(group => group.Max(entry => entry.Value))
            .Select((group, i) => new GallerySection($"Group {i + 1}: {group.Count} images", group))];
    }

    private static void Write(EmbeddingTable table, List<GallerySection> groups)
    {
        var result = new ResultTable("similarity", "images");
        foreach (var (heading, entries) in groups.Take(MostGroupsInTable))
        {
            result.AddText(
                heading,
                string.Join('\n', entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value:F4}"))),
                string.Join('\n', entries.Select(entry => EmbeddingArguments.Described(table, entry.Image))));
        }

        result.Write();
        if (groups.Count > MostGroupsInTable)
        {
            Console.WriteLine($"and {groups.Count - MostGroupsInTable} groups more");
        }
    }

    private static List<GallerySection> Fitting(List<GallerySection> groups)
    {
        var pictures = 0;
        return [.. groups.TakeWhile(group => (pictures += group.Entries.Count) <= MostPictures)];
    }
}
