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
    /// <summary>
    /// The positions in <see cref="Train"/> of the images on which the learning rate is chosen; null for
    /// <see cref="ProbeOptions.HeldOutShare"/> of them, drawn at random.
    /// </summary>
    public IReadOnlyList<int>? HeldOut { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }

    /// <summary>The positions of the training images to learn from and of those to choose on: <see cref="HeldOut"/>, or else a share of all.</summary>
    /// <param name="share">How many are drawn, where none are given.</param>
    /// <param name="seed">Decides which.</param>
    internal (Tensor Kept, Tensor HeldOut) Split(double share, int seed)
    {
        var device = Train.Features.device;
        if (HeldOut is not null)
        {
            var isHeldOut = zeros(Train.Count, ScalarType.Bool, device);
            isHeldOut.index_fill_(0, tensor(HeldOut.Select(position => (long)position).ToArray(), device: device), KeptScalars.Of(1L));
            return (isHeldOut.logical_not().nonzero().squeeze(1), isHeldOut.nonzero().squeeze(1));
        }

        var count = (int)(Train.Count * share);
        if (count == 0)
        {
            throw new InvalidOptionsException(
                FormattableString.Invariant(
                    $"{Train.Count} training images were given; the probe holds out {share:P0} of them to choose the learning rate and needs at least {Math.Ceiling(1 / share):F0}."));
        }

        using var generator = new Generator((ulong)seed);
        var order = randperm(Train.Count, generator: generator).to(device);
        return (order[count..], order[..count]);
    }

    /// <summary>The training images of one epoch.</summary>
    internal FeatureSet Epoch(int epoch) => Augmented is null ? Train : new FeatureSet(Augmented(epoch), Train.Labels);
}
