namespace Clamp.Losses.Samples.Training.Logging;

/// <summary>What a run says on the console while it trains.</summary>
public interface IProgressDisplay
{
    /// <summary>A step was done.</summary>
    /// <param name="metrics">What it did.</param>
    void Report(StepMetrics metrics);

    /// <summary>Something the user should know, shown whatever else is.</summary>
    /// <param name="message">What, without a prefix.</param>
    void Warn(string message);
}
