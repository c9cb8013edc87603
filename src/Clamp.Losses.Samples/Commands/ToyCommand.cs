using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Samples.Toy;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Trains the paper's illustration, ten images on a sphere, and draws it.</summary>
public static class ToyCommand
{
    // Of the data sets whose images can have any size: MNIST's.
    private const int ImageSize = 28;

    private static readonly ToyOptions Defaults = new();

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var data = new DatasetArguments();
        var output = new Option<string>("--output") { Description = "The folder for toy.png and toy.html.", HelpName = "DIR", Required = true };
        var steps = DefaultedOption.Create("--steps", "How many steps to train.", Defaults.Steps);
        var views = DefaultedOption.Create("--views", "How many noisy views of each image.", Defaults.Views);
        var noise = DefaultedOption.Create("--noise", "The noise's deviation, for pixels from 0 to 1.", Defaults.Noise);
        var radiusScale = DefaultedOption.Create("--radius-scale", "r_s of the loss: how far a blob reaches beyond the spread of its views.", Defaults.RadiusScale);
        var rate = DefaultedOption.Create("--learning-rate", "AdamW's learning rate.", Defaults.LearningRate);
        var seed = DefaultedOption.Create("--seed", "Chooses images, noise and first weights.", Defaults.Seed);
        var force = new Option<bool>("--force") { Description = "Replace earlier files." };
        var command = new Command("toy", """
            Draw how CLAMP packs ten images, one of each of ten classes, on a sphere.

            A small network learns to embed noisy views of them in three dimensions, and what happens is drawn: toy.png, a strip of
            spheres, and toy.html, a page without any network access to turn them and to play the steps.
            """) { output, data.Dataset, data.DataRoot, data.Download, data.AllowPartial, steps, views, noise, radiusScale, rate, seed, force };
        command.SetAction(arguments =>
        {
            var options = new ToyOptions
            {
                Steps = arguments.GetValue(steps),
                Views = arguments.GetValue(views),
                Noise = arguments.GetValue(noise),
                RadiusScale = arguments.GetValue(radiusScale),
                LearningRate = arguments.GetValue(rate),
                Seed = arguments.GetValue(seed),
            };
            options.Validate();
            var dataset = arguments.GetValue(data.Dataset) ?? DatasetKind.Shapes;
            var root = arguments.GetValue(data.DataRoot);
            data.Fetch(arguments, dataset, root?.FullName);
            var images = Load(dataset, root, options.Seed, arguments.GetValue(data.AllowPartial));
            return Run(images, dataset == DatasetKind.Shapes ? "drawn shapes" : $"images of {dataset}", options, arguments.GetValue(output)!, arguments.GetValue(force));
        });
        return command;
    }

    private static int Run(ImageSplits images, string dataset, ToyOptions options, string folder, bool replace)
    {
        var (strip, page) = (Path.Combine(folder, "toy.png"), Path.Combine(folder, "toy.html"));
        ResultFile.Reserve(strip, replace);
        ResultFile.Reserve(page, replace);
        EvaluatedRun.Warn(images);
        var clock = Stopwatch.StartNew();
        var chosen = ToyImages.Choose(images.Train, options.Seed);
        Console.WriteLine($"toy: ten {dataset}, {options.Views} noisy views of each, {options.Steps} steps");
        var frames = ToyTraining.Run(chosen, options);
        foreach (var frame in PackingStrip.Chosen(frames))
        {
            Console.WriteLine(frame);
        }

        var camera = Viewpoint.Facing(frames[^1].Centroids);
        AtomicFile.Write(strip, stream => stream.Write(PackingStrip.Png(chosen, frames, camera)));
        AtomicFile.Write(page, stream => stream.Write(Encoding.UTF8.GetBytes(PackingPage.Html(dataset, chosen, frames, camera))));
        Console.WriteLine($"wrote {strip} and {page} in {clock.Elapsed.TotalSeconds:F0} s");
        return 0;
    }

    private static ImageSplits Load(DatasetKind dataset, DirectoryInfo? root, int seed, bool allowPartial)
    {
        if (root is null && dataset != DatasetKind.Shapes)
        {
            throw new InvalidOptionsException($"--data-root is missing; it must be the folder with the files of {dataset}.");
        }

        var limit = dataset == DatasetKind.Shapes ? ShapesGenerator.ClassNames.Count : 0;
        var options = new LoadOptions { ImageSize = ImageSize, TrainLimit = limit, TestLimit = limit, Seed = seed, AllowPartial = allowPartial };
        return Datasets.Load(dataset, root, options, SkiaImage.Read);
    }
}
