using Clamp.Losses.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Toy;

/// <summary>
/// The paper's illustration as a real training: a few images, Gaussian-noise views, a perceptron into three dimensions, and
/// <see cref="ClampLoss"/>.
/// </summary>
public static class ToyTraining
{
    private static readonly int[] Widths = [128, 64, 3];

    /// <summary>
    /// Trains on fresh noise in each step. Frames are of other views, the same ones in every frame, which are never trained on.
    /// </summary>
    /// <param name="images">The images; labels are not used.</param>
    /// <param name="options">Valid options.</param>
    /// <returns>The packing before every step, and after the last.</returns>
    public static IReadOnlyList<PackingFrame> Run(ImageSource images, ToyOptions options)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        random.manual_seed(options.Seed);
        var settings = new ClampLossOptions { RadiusScale = options.RadiusScale };
        using var criterion = new ClampLoss(settings);
        using var pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        using var clean = new Normalisation { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] }.Apply(pixels);
        using var encoder = new ProjectionHead((int)clean[0].numel(), Widths);
        using var optimizer = OptimizerFactory.Create(
            new PretrainOptions { Optimizer = OptimizerKind.AdamW, LearningRate = options.LearningRate, WeightDecay = 0 }, encoder.parameters());
        using var shown = NoisyViews(clean, options);
        var frames = new List<PackingFrame>();
        for (var step = 0; step <= options.Steps; step++)
        {
            using var scope = NewDisposeScope();
            frames.Add(PackingFrame.Of(step, Embed(encoder, shown), settings));
            if (step < options.Steps)
            {
                optimizer.zero_grad();
                criterion.call(Embed(encoder, NoisyViews(clean, options))).backward();
                optimizer.step();
            }
        }

        return frames;
    }

    /// <summary>Noisy views [V, B, 3, H, W] of images [B, 3, H, W] with values from 0 to 1, from torch's generator.</summary>
    internal static Tensor NoisyViews(Tensor images, ToyOptions options)
    {
        // Held: TorchSharp 0.107 would let a collection free it during the call.
        using Scalar deviation = options.Noise;
        using var noise = randn([options.Views, .. images.shape]);
        return images.add(noise, deviation);
    }

    private static Tensor Embed(ProjectionHead encoder, Tensor views) =>
        encoder.call(views.flatten(2).flatten(0, 1)).unflatten(0, views.shape[0], views.shape[1]);
}
