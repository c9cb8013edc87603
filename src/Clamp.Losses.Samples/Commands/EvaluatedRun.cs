using System.Security.Cryptography;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>A run and the images that it is evaluated on.</summary>
/// <param name="folder">The folder of the run.</param>
/// <param name="options">The options of the run, with the images to evaluate on.</param>
/// <param name="images">Those images.</param>
/// <param name="seed">The seed of the evaluation.</param>
internal sealed class EvaluatedRun(RunFolder folder, RunOptions options, ImageSplits images, int seed)
{
    public RunOptions Options => options;

    public ImageSplits Images => images;

    /// <summary>The images to be scored on; there are some, as loading makes sure.</summary>
    public ImageSource Test => images.Test!;

    public int Seed => seed;

    public int Classes => images.Train.ClassNames.Count;

    public Device Device { get; } = cuda.is_available() ? CUDA : CPU;

    public static EvaluatedRun Load(RunFolder folder, RunOptions options, int seed)
    {
        options.Validate();
        var images = options.LoadImages(SkiaImage.Read);
        Warn(images);
        var lacking = !images.Train.HasLabels ? "labels" : images.Test is null ? "test part" : null;
        return lacking is null
            ? new EvaluatedRun(folder, options, images, seed)
            : throw new InvalidOptionsException(
                $"These images have no {lacking}, and nothing can be scored without. Put images into train/CLASS and test/CLASS, or score on "
                + "others: --dataset, --data-root, --manifest, --test-manifest.");
    }

    /// <summary>Tells what to know about images.</summary>
    public static void Warn(ImageSplits images)
    {
        foreach (var warning in images.Warnings)
        {
            Console.Error.WriteLine($"warning: {warning}");
        }
    }

    /// <summary>The same run, evaluated on other images.</summary>
    public EvaluatedRun With(ImageSplits others) => new(folder, options, others, seed);

    /// <summary>The encoder with random weights, those of the run's beginning where none were given (<see cref="RunOptions.Init"/>); the caller owns it.</summary>
    public ResNet Untrained() => options.InitialEncoder(Device);

    /// <summary>The encoder with the weights that the run ended with; the caller owns it.</summary>
    public ResNet Pretrained()
    {
        var encoder = Untrained();
        folder.LoadEncoder(encoder);
        return encoder;
    }

    public EvaluationSetting Setting()
    {
        using var weights = File.OpenRead(folder.EncoderWeights);
        return new EvaluationSetting(
            options.Encoder.ToString(),
            folder.EncoderWeights,
            Convert.ToHexStringLower(SHA256.HashData(weights)),
            options.Dataset.ToString(),
            images.Train.Count,
            images.Test!.Count,
            Classes,
            images.Train.Height,
            images.Train.Width,
            seed,
            SoftwareVersions.Installed())
        {
            Normalisation = options.Normalisation,
            Centre = new CentreCrop(options.EvaluationResize, options.EvaluationInterpolation),
            Warnings = images.Warnings,
        };
    }
}
