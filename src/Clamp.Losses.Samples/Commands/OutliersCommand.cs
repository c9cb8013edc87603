using System.CommandLine;
using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Samples.Gallery;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Finds the images that are least like all others.</summary>
public static class OutliersCommand
{
    // About 4 MB of pictures.
    private const int MostPictures = 600;

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var shared = new EmbeddingArguments();
        var k = DefaultedOption.Create("--k", "How many of the nearest others an image is compared with.", 10);
        var top = DefaultedOption.Create("--top", "How many outliers to show.", 20);
        var command = new Command("outliers", """
            Find the images that are least like all others, by the mean cosine distance (1 - similarity) to their k nearest others.

            Copies of an image keep each other from being outliers: look for duplicates first, or take a larger k.
            """);
        shared.AddTo(command);
        command.Options.Add(k);
        command.Options.Add(top);
        command.SetAction(arguments =>
        {
            var shown = arguments.GetValue(top);
            if (shown < 1)
            {
                throw new InvalidOptionsException($"--top is {shown}; it must be at least 1.");
            }

            using var table = shared.Open(arguments);
            return Run(arguments, shared, table, arguments.GetValue(k), shown);
        });
        return command;
    }

    private static int Run(ParseResult arguments, EmbeddingArguments shared, EmbeddingTable table, int k, int top)
    {
        if (table.Names.Count < 2)
        {
            throw new InvalidOptionsException("The file holds one embedding; an outlier is told by its distance to others, so there must be at least 2.");
        }

        GalleryEntry[] outliers = [.. OutlierScores.Of(table.Embeddings, k)
            .Select((score, row) => new GalleryEntry(row, score))
            .OrderByDescending(entry => entry.Value)
            .Take(top)];
        var result = new ResultTable("distance");
        foreach (var outlier in outliers)
        {
            result.AddRow(EmbeddingArguments.Described(table, outlier.Image), [outlier.Value!.Value], "F4");
        }

        result.Write();
        GalleryContent Content() => new(
            "Outliers",
            $"The {outliers.Length} of {table.Names.Count} images that are least like all others. The number below a picture is the mean cosine "
                + $"distance to its {k} nearest others; where a picture was pressed, it is the cosine similarity.",
            "mean cosine distance to the nearest, or similarity",
            [new GallerySection("Farthest from their neighbours", outliers)])
        {
            Neighbours = Neighbourhood.Of(table.Embeddings, [.. outliers.Select(outlier => outlier.Image)], k, MostPictures),
        };
        Console.WriteLine($"outliers: {outliers.Length} of {table.Names.Count} images{shared.WriteGallery(arguments, table, Content)}");
        return 0;
    }
}
