using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// The kNN classifier of Wu et al. (arXiv:1805.01978): the k training images of highest cosine similarity vote with weight
/// exp(similarity / temperature).
/// </summary>
public static class NearestNeighbours
{
    private const int BatchSize = 500;

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
        var (similarities, nearest) = NearestRows.Find(train.Features, test.Features, counts[^1]);
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

    /// <summary>The labels of the nearest voters and their weights, of which the largest is 1: none overflows.</summary>
    private static (Tensor Labels, Tensor Weights) Votes(Tensor similarities, Tensor voters, Tensor labels, double temperature) => (
        labels.index_select(0, voters.flatten()).view(voters.shape),
        ((similarities - similarities.narrow(1, 0, 1)) / KeptScalars.Of(temperature)).exp());

    private static Tensor Winners(Tensor voters, Tensor weights, int neighbours, int classes)
    {
        var votes = zeros([voters.shape[0], classes], weights.dtype, weights.device);
        return votes.scatter_add_(1, voters.narrow(1, 0, neighbours), weights.narrow(1, 0, neighbours)).argmax(1);
    }
}
