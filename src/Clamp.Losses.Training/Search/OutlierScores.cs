using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// How far each image lies from all others: the mean cosine distance, 1 - similarity, to its k nearest others. That is the weight of
/// Angiulli and Pizzuti (Fast outlier detection in high dimensional spaces, PKDD 2002) over k; Kuan and Mueller (arXiv:2207.03061) compare
/// it with other scores in features of images.
/// </summary>
public static class OutlierScores
{
    /// <summary>Scores every embedding.</summary>
    /// <param name="embeddings">[N, F], float32; at least two.</param>
    /// <param name="k">How many neighbours, at least 1; all others where there are fewer.</param>
    /// <returns>N scores from 0, for an image with k copies of itself, to 2; 1 for an embedding of length 0.</returns>
    /// <exception cref="InvalidOptionsException"><paramref name="k"/> is below 1.</exception>
    /// <exception cref="ArgumentException">There is one embedding, or the tensor has another shape or type, or holds NaN or infinite numbers.</exception>
    public static IReadOnlyList<double> Of(Tensor embeddings, int k)
    {
        EmbeddingRules.Check(embeddings, nameof(embeddings));
        return embeddings.shape[0] > 1
            ? [.. SimilaritySearch.NearestOthers(embeddings, k).Select(others => others.Average(other => 1.0 - other.Similarity))]
            : throw new ArgumentException("1 embedding was given; an outlier is told by its distance to others, so there must be at least 2.", nameof(embeddings));
    }
}
