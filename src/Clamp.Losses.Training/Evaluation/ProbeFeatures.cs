using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>What a linear probe sees of a frozen encoder.</summary>
/// <param name="Train">The features of the training images.</param>
/// <param name="Test">The features of the test images.</param>
/// <param name="Augmented">
/// The features [N, F] of the training images, in the same order, under the random crops and flips of an epoch from 0; the probe disposes
/// them. Null to train on <paramref name="Train"/> in every epoch.
/// </param>
public sealed record ProbeFeatures(FeatureSet Train, FeatureSet Test, Func<int, Tensor>? Augmented = null) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }

    /// <summary>The same images with features of mean 0 and standard deviation 1 over the training images, as they are unaugmented.</summary>
    /// <returns>New features; the caller owns them.</returns>
    internal ProbeFeatures Standardised()
    {
        var (shift, scale) = (Train.Features.mean([0]), Train.Features.std(0).clamp_min(1e-6));
        return new ProbeFeatures(
            Train.Standardised(shift, scale),
            Test.Standardised(shift, scale),
            Augmented is null ? null : epoch => (Augmented(epoch) - shift) / scale);
    }

    /// <summary>The training images of one epoch.</summary>
    internal FeatureSet Epoch(int epoch) => Augmented is null ? Train : new FeatureSet(Augmented(epoch), Train.Labels);
}
