using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Evaluation;

/// <summary>
/// The kNN classifier of Wu et al. (arXiv:1805.01978): the k training images of highest cosine similarity vote with weight
/// exp(similarity / temperature).
/// </summary>
public static class NearestNeighbours
{
    private const int BatchSize = 500;
    private const double Temperature = 0.1;

    /// <summary>Scores a test set.</summary>
    /// <param name="train">The images that vote.</param>
    /// <param name="test">The images that are classified.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="neighbours">k, at least 1; all training images vote where there are fewer.</param>
    /// <returns>Top-1 accuracy, 0 to 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="neighbours"/> is below 1.</exception>
    public static double Accuracy(FeatureSet train, FeatureSet test, int classes, int neighbours = 20)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var bank = Directions(train.Features).t();
        var votes = nn.functional.one_hot(train.Labels, classes).to(float32);
        var hits = 0L;
        for (long start = 0; start < test.Count; start += BatchSize)
        {
            using var batch = NewDisposeScope();
            var end = Math.Min(start + BatchSize, test.Count);
            var queries = Directions(test.Features.slice(0, start, end, 1));
            hits += (Classify(queries, bank, votes, neighbours) == test.Labels.slice(0, start, end, 1)).sum().item<long>();
        }

        return hits / (double)test.Count;
    }

    private static Tensor Classify(Tensor queries, Tensor bank, Tensor votes, int neighbours)
    {
        var (similarities, nearest) = queries.mm(bank).topk((int)Math.Min(neighbours, bank.shape[1]), dim: 1);
        var weights = (similarities / Temperature).exp().unsqueeze(2);
        return (weights * votes.index_select(0, nearest.flatten()).view(queries.shape[0], -1, votes.shape[1])).sum(1).argmax(1);
    }

    private static Tensor Directions(Tensor features) => nn.functional.normalize(features, p: 2, dim: 1);
}
