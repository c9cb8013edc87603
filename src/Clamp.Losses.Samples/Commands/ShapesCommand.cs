using System.CommandLine;
using Clamp.Losses.Samples.Pictures;
using Clamp.Losses.Training;
using SkiaSharp;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Writes drawn shapes as image files: a folder to try things on.</summary>
public static class ShapesCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var output = new Option<string>("--output") { Description = "The folder, a new or an empty one.", HelpName = "DIR", Required = true };
        var images = DefaultedOption.Create("--images", "How many to draw, balanced over 12 classes.", 240);
        var size = DefaultedOption.Create("--image-size", "Their sides, in pixels.", 64);
        var seed = DefaultedOption.Create("--seed", "Decides what they look like.", 1);
        var command = new Command("shapes", """
            Draw textured shapes into PNG files, CLASS/NUMBER.png: images to try pretrain, embed and search on.
            """) { output, images, size, seed };
        command.SetAction(arguments => Run(
            arguments.GetValue(output)!, arguments.GetValue(images), arguments.GetValue(size), arguments.GetValue(seed)));
        return command;
    }

    private static int Run(string output, int count, int size, int seed)
    {
        if (count < 1)
        {
            throw new InvalidOptionsException($"--images is {count}; it must be at least 1.");
        }

        if (size is < ShapesGenerator.MinSize or > 512)
        {
            throw new InvalidOptionsException($"--image-size is {size}; it must be from {ShapesGenerator.MinSize} to 512.");
        }

        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new IOException($"'{output}' is not empty; --output must name a new folder or an empty one.");
        }

        var images = ShapesGenerator.Generate(count, size, seed);
        for (var i = 0; i < count; i++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(output, images.ClassNames[images.Labels[i]])).FullName;
            using var bitmap = Thumbnails.Bitmap(images, i);
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(Path.Combine(folder, $"{i:D5}.png"), png.ToArray());
        }

        Console.WriteLine($"shapes: drew {count} images of {size}x{size} into {output}");
        return 0;
    }
}
