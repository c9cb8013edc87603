namespace Clamp.Losses.Samples.Sweeps;

/// <summary>How far a cell of a sweep is.</summary>
internal enum CellState
{
    /// <summary>It is not trained to the end yet.</summary>
    Unfinished,

    /// <summary>It is trained and scored.</summary>
    Finished,

    /// <summary>It failed; the same command tries it again.</summary>
    Failed,
}
