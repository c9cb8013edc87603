using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>What an encoder, in eval mode, makes of the images that are looked at: before the training, or after it.</summary>
internal sealed record EncoderState
{
    /// <summary>The variances of the features along their principal directions, descending.</summary>
    public required IReadOnlyList<double> Eigenvalues { get; init; }

    /// <summary>The power law through them.</summary>
    public required PowerLawFit PowerLaw { get; init; }

    /// <summary>In how many directions the features spread.</summary>
    public required double ParticipationRatio { get; init; }

    /// <summary>RankMe.</summary>
    public required double EffectiveRank { get; init; }

    /// <summary>Cosines of the angles between the images' centroids.</summary>
    public required PairDistribution Cosines { get; init; }

    /// <summary>Distances between the images' centroids; the root of the mean of their squares, over all pairs, is 1.</summary>
    public required PairDistribution Distances { get; init; }

    /// <summary>cos^2 of the angles between the directions in which the images' views spread most.</summary>
    public required PairDistribution Orientations { get; init; }

    /// <summary>The two principal components of the features.</summary>
    public required PlaneMap Components { get; init; }

    /// <summary>The shares of the variance in them.</summary>
    public required IReadOnlyList<double> ComponentShares { get; init; }

    /// <summary>t-SNE of the features.</summary>
    public required PlaneMap Neighbourhood { get; init; }

    /// <summary>For each image that is asked for, the training images most alike, the nearest first.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Neighbours { get; init; }

    /// <summary>The figures as the paper defines them, through the projection head; null where that is not kept.</summary>
    public PaperFigures? Paper { get; init; }

    /// <summary>The linear probe; null where there are no labels.</summary>
    public ProbeResult? Probe { get; init; }

    /// <summary>What it takes the images for.</summary>
    public ConfusionMatrix? Confusion { get; init; }
}
