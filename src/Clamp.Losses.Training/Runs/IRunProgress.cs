namespace Clamp.Losses.Training;

/// <summary>Is told how a run goes.</summary>
public interface IRunProgress
{
    /// <summary>A step was done.</summary>
    /// <param name="metrics">What it did.</param>
    void Report(StepMetrics metrics);

    /// <summary>Something the user should know, shown whatever else is.</summary>
    /// <param name="message">What, without a prefix.</param>
    void Warn(string message);
}
