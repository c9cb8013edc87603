namespace Clamp.Losses.Training;

/// <summary>Two embeddings that are near-duplicates of each other.</summary>
/// <param name="First">The row of one, from 0.</param>
/// <param name="Second">The row of the other, larger than <paramref name="First"/>.</param>
/// <param name="Similarity">Their cosine similarity, -1 to 1.</param>
public readonly record struct SimilarPair(int First, int Second, float Similarity);
