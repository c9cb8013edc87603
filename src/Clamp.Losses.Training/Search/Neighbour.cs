namespace Clamp.Losses.Training;

/// <summary>What a search found.</summary>
/// <param name="Index">The row of the embedding in the set that was searched, from 0.</param>
/// <param name="Similarity">Its cosine similarity to the query, -1 to 1; 0 where one of the two has length 0.</param>
public readonly record struct Neighbour(int Index, float Similarity);
