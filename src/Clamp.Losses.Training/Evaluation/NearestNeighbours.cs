using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// The kNN classifier of Wu et al. (arXiv:1805.01978): the k training images of highest cosine similarity vote with weight
/// exp(similarity / temperature).
/// </summary>
public static class NearestNeighbours
{
    private const int BatchSize = 500;

    // Of the voters, so that neither their directions nor their similarities are ever there all at once.
    private const int PartSize = 32_768;

    /// <summary>Scores a test set.</summary>
    /// <param name="train">The images that vote.</param>
    /// <param name="test">The images that are classified.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="options">How they vote; the defaults where null.</param>
    /// <returns>A score for each k, ascending and each once.</returns>
    /// <exception cref="ArgumentException">Options are out of range.</exception>
    public static IReadOnlyList<NeighbourScore> Evaluate(FeatureSet train, FeatureSet test, int classes, NeighbourOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        options ??= new NeighbourOptions();
        options.Validate();
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var counts = options.Neighbours.Select(k => (int)Math.Min(k, train.Count)).Distinct().Order().ToArray();
        var (similarities, nearest) = Nearest(train.Features, test.Features, counts[^1]);
        var hits = new long[counts.Length];
        for (long start = 0; start < test.Count; start += BatchSize)
        {
            using var batch = NewDisposeScope();
            var length = Math.Min(BatchSize, test.Count - start);
            var voters = nearest.narrow(0, start, length);
            var (votes, weights) = Votes(similarities.narrow(0, start, length), voters, train.Labels, options.Temperature);
            var labels = test.Labels.narrow(0, start, length);
            for (int i = 0; i < counts.Length; i++)
            {
                hits[i] += (Winners(votes, weights, counts[i], classes) == labels).sum().item<long>();
            }
        }

        return [.. counts.Zip(hits, (k, count) => new NeighbourScore(k, count / (double)test.Count))];
    }

    /// <summary>Chooses k on the training images that are held out, for whom the other training images vote.</summary>
    /// <param name="features">The features, some of them held out; the test images are not looked at.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="options">The values of k to choose from.</param>
    /// <returns>The k that does best; the smallest of several.</returns>
    /// <exception cref="ArgumentException">No image is held out, or options are out of range.</exception>
    public static int Choose(ProbeFeatures features, int classes, NeighbourOptions options)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.HeldOut is null)
        {
            throw new ArgumentException("No training image is held out, so k cannot be chosen.", nameof(features));
        }

        using var scope = NewDisposeScope();
        var (kept, heldOut) = features.Split(share: 0, seed: 0);
        return Evaluate(features.Train.At(kept), features.Train.At(heldOut), classes, options).MaxBy(score => score.Top1)!.Neighbours;
    }

    /// <summary>Finds the images that are most alike, by the cosine of their features.</summary>
    /// <param name="voters">[M, F], the features of the images to find.</param>
    /// <param name="features">[N, F], the features of the images whose neighbours they are.</param>
    /// <param name="neighbours">k, from 1 to M.</param>
    /// <returns>The similarities and the places among the voters, both [N, k], nearest first; the caller's to dispose.</returns>
    /// <exception cref="ArgumentOutOfRangeException">k is out of range.</exception>
    public static (Tensor Similarities, Tensor Places) Find(Tensor voters, Tensor features, int neighbours)
    {
        ArgumentNullException.ThrowIfNull(voters);
        ArgumentNullException.ThrowIfNull(features);
        if (neighbours < 1 || neighbours > voters.shape[0])
            throw new ArgumentOutOfRangeException(nameof(neighbours), neighbours, $"The neighbours must be from 1 to {voters.shape[0]}, as there are no more images.");

        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var (similarities, places) = Nearest(voters, features, neighbours);
        return (similarities.MoveToOuterDisposeScope(), places.MoveToOuterDisposeScope());
    }

    private static (Tensor Similarities, Tensor Places) Nearest(Tensor voters, Tensor features, int neighbours)
    {
        long[] shape = [features.shape[0], neighbours];
        var similarities = full(shape, KeptScalars.Of(double.NegativeInfinity), features.dtype, features.device);
        var places = zeros(shape, ScalarType.Int64, features.device);
        for (long first = 0; first < voters.shape[0]; first += PartSize)
        {
            using var part = NewDisposeScope();
            var bank = Directions(voters.narrow(0, first, Math.Min(PartSize, voters.shape[0] - first))).t();
            for (long start = 0; start < features.shape[0]; start += BatchSize)
            {
                using var batch = NewDisposeScope();
                var length = Math.Min(BatchSize, features.shape[0] - start);
                var found = Directions(features.narrow(0, start, length)).mm(bank).topk((int)Math.Min(neighbours, bank.shape[1]), dim: 1);
                var (best, place) = (similarities.narrow(0, start, length), places.narrow(0, start, length));
                var merged = cat([best, found.values], 1).topk(neighbours, dim: 1);
                place.copy_(cat([place, found.indexes.add(KeptScalars.Of(first), KeptScalars.One)], 1).gather(1, merged.indexes));
                best.copy_(merged.values);
            }
        }

        return (similarities, places);
    }

    /// <summary>The labels of the nearest voters and their weights, of which the largest is 1: none overflows.</summary>
    private static (Tensor Labels, Tensor Weights) Votes(Tensor similarities, Tensor voters, Tensor labels, double temperature) => (
        labels.index_select(0, voters.flatten()).view(voters.shape),
        ((similarities - similarities.narrow(1, 0, 1)) / KeptScalars.Of(temperature)).exp());

    private static Tensor Winners(Tensor voters, Tensor weights, int neighbours, int classes)
    {
        var votes = zeros([voters.shape[0], classes], weights.dtype, weights.device);
        return votes.scatter_add_(1, voters.narrow(1, 0, neighbours), weights.narrow(1, 0, neighbours)).argmax(1);
    }

    private static Tensor Directions(Tensor features) => nn.functional.normalize(features, p: 2, dim: 1);
}
