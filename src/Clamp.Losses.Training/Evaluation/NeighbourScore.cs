namespace Clamp.Losses.Training;

/// <summary>What kNN reached with one k.</summary>
/// <param name="Neighbours">k, the number of training images that vote.</param>
/// <param name="Top1">Top-1 accuracy on the whole test set, 0 to 1.</param>
public sealed record NeighbourScore(int Neighbours, double Top1);
