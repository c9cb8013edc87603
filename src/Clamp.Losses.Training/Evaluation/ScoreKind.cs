namespace Clamp.Losses.Training;

/// <summary>How an encoder is scored while it is trained.</summary>
public enum ScoreKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By 20-nearest-neighbours.</summary>
    Knn,

    /// <summary>By a linear probe too.</summary>
    Probe,
}
