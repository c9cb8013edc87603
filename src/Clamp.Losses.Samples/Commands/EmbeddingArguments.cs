using System.CommandLine;
using System.Text;
using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Samples.Gallery;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options shared by the commands that look into a file of embeddings.</summary>
internal sealed class EmbeddingArguments
{
    private readonly Option<string> _embeddings = new("--embeddings")
    {
        Description = "A file that embed wrote: .parquet, .csv, .npy or .safetensors.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<DirectoryInfo?> _root = new("--data-root")
    {
        Description = "The folder that the names of the images begin at; by default the one that the file tells.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _output = new("--output")
    {
        Description = "A gallery: one HTML page with small pictures that needs no network.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Replace an earlier gallery." };

    public void AddTo(Command command) => Array.ForEach<Option>([_embeddings, _root, _output, _force], command.Options.Add);

    /// <summary>Reads the embeddings, and makes sure that the gallery can be written.</summary>
    public EmbeddingTable Open(ParseResult arguments)
    {
        if (arguments.GetValue(_output) is { } output)
        {
            ResultFile.Reserve(output, arguments.GetValue(_force));
        }

        return EmbeddingTable.Read(arguments.GetValue(_embeddings)!);
    }

    /// <summary>The folder that the names begin at; null where the images are not of files.</summary>
    public string? Root(ParseResult arguments, EmbeddingTable table) => arguments.GetValue(_root)?.FullName ?? table.Root;

    /// <summary>Writes the gallery, if there is to be one.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="table">Whose images it shows, numbered by their rows.</param>
    /// <param name="content">What it shows, which is searched for only if there is to be one.</param>
    /// <param name="query">The image of number -1, which is none of the table's.</param>
    /// <returns>What is to be said of it at the end of a line; nothing where there is none.</returns>
    public string WriteGallery(ParseResult arguments, EmbeddingTable table, Func<GalleryContent> content, Func<GalleryImage>? query = null)
    {
        if (arguments.GetValue(_output) is not { } output)
        {
            return "";
        }

        var pictures = new EmbeddedPictures(table.Images, Root(arguments, table));
        var shown = content();
        var images = shown.Images.AsParallel().ToDictionary(number => number, number => number < 0 ? query!() : pictures.At(number));
        var missing = images.Values.Count(image => image.Picture is null);
        if (missing > 0)
        {
            Console.Error.WriteLine($"warning: {missing} of {images.Count} images cannot be read; the gallery shows their names."
                + " --data-root names the folder that names begin at.");
        }

        AtomicFile.Write(output, stream => stream.Write(Encoding.UTF8.GetBytes(GalleryPage.Html(shown, number => images[number]))));
        return $"; wrote {output}";
    }

    /// <summary>The name of an image, with its label where there is one; characters that would steer a terminal are question marks.</summary>
    public static string Described(EmbeddingTable table, int row)
    {
        var name = table.Labels is { } labels ? $"{table.Names[row]} ({labels[row]})" : table.Names[row];
        return string.Concat(name.Select(character => char.IsControl(character) ? '?' : character));
    }
}
