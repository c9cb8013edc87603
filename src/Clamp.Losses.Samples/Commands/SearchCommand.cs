using System.CommandLine;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Onnx;
using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Samples.Gallery;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Finds the images that are most similar to one.</summary>
public static class SearchCommand
{
    // About 2 MB of pictures.
    private const int MostPictures = 300;

    // The number, in the gallery, of a query that is none of the table's images.
    private const int Outside = -1;

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var shared = new EmbeddingArguments();
        var query = new Option<string>("--query")
        {
            Description = "The image to compare with: a name in the file of embeddings, or an image file, which --run or --onnx encodes where it is none of them.",
            HelpName = "IMAGE",
            Required = true,
        };
        var run = new Option<string?>("--run") { Description = "The folder of the finished run that the embeddings come from; encodes the query.", HelpName = "DIR" };
        var onnx = new Option<string?>("--onnx") { Description = "Or the exported encoder that they come from.", HelpName = "FILE" };
        var k = DefaultedOption.Create("--k", "How many images to find.", 10);
        var command = new Command("search", """
            Find the images that are most similar to one, by the cosine similarity of their embeddings.

            The search is exact: all are compared. With --output, a gallery shows them; a click on a picture makes it the query.
            """);
        shared.AddTo(command);
        Array.ForEach<Option>([query, run, onnx, k], command.Options.Add);
        command.SetAction(arguments =>
        {
            using var table = shared.Open(arguments);
            return Run(arguments, shared, table, arguments.GetValue(query)!, arguments.GetValue(run), arguments.GetValue(onnx), arguments.GetValue(k));
        });
        return command;
    }

    private static int Run(ParseResult arguments, EmbeddingArguments shared, EmbeddingTable table, string query, string? run, string? onnx, int k)
    {
        var row = RowOf(table, query, shared.Root(arguments, table));
        var found = row is { } own
            ? SimilaritySearch.NearestOthers(table.Embeddings, k, [own])[0]
            : SimilarTo(query, run, onnx, table.Embeddings, k);
        var result = new ResultTable("similarity");
        foreach (var neighbour in found)
        {
            result.AddRow(EmbeddingArguments.Described(table, neighbour.Index), [neighbour.Similarity], "F4");
        }

        result.Write();
        GalleryEntry[] entries = [.. found.Select(neighbour => new GalleryEntry(neighbour.Index, neighbour.Similarity))];
        GalleryContent Content() => new(
            "Similar images",
            $"The {found.Count} most similar of {table.Names.Count} images, by the cosine similarity of their embeddings.",
            "cosine similarity",
            [new GallerySection($"Most similar to {(row is { } known ? table.Names[known] : Path.GetFileName(query))}", entries)])
        {
            Query = row ?? Outside,
            Neighbours = Neighbourhood.Of(table.Embeddings, [.. found.Select(neighbour => neighbour.Index)], k, MostPictures),
        };
        var wrote = shared.WriteGallery(arguments, table, Content, () => new GalleryImage(Path.GetFileName(query), null, EmbeddedPictures.Of(query)));
        Console.WriteLine($"search: {found.Count} of {table.Names.Count} images{wrote}");
        return 0;
    }

    /// <summary>The row of an image that the file of embeddings holds, by its name or by its path.</summary>
    private static int? RowOf(EmbeddingTable table, string query, string? root)
    {
        string[] names = root is null ? [query] : [query, Path.GetRelativePath(root, query).Replace(Path.DirectorySeparatorChar, '/')];
        return table.Names.Index().Where(image => names.Contains(image.Item)).Select(image => (int?)image.Index).FirstOrDefault();
    }

    private static IReadOnlyList<Neighbour> SimilarTo(string path, string? run, string? onnx, Tensor embeddings, int k)
    {
        if (!File.Exists(path))
        {
            throw new InvalidOptionsException($"--query is '{path}'; it must be a name in the file of embeddings, or an image file.");
        }

        if ((run is null) == (onnx is null))
        {
            throw new InvalidOptionsException(
                $"'{path}' is none of the images in the file of embeddings; --run or --onnx must name the encoder that they come from, to encode it.");
        }

        using ImageEncoder encoder = run is null ? new OnnxImageEmbedder(onnx!, SkiaImage.Read) : ImageEmbedder.FromRun(run, SkiaImage.Read);
        if (encoder.FeatureWidth != embeddings.shape[1])
        {
            throw new InvalidOptionsException(
                $"The encoder of '{run ?? onnx}' has {encoder.FeatureWidth} features; it must be the one that the embeddings come from, which have {embeddings.shape[1]}.");
        }

        using var embedding = tensor(encoder.EmbedFiles([path])[0]).unsqueeze(0);
        return SimilaritySearch.Nearest(embeddings, embedding, k)[0];
    }
}
