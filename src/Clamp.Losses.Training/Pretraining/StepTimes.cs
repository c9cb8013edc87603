namespace Clamp.Losses.Training;

/// <summary>
/// Where the time of one step went, or of several added up, in seconds. On a GPU work is queued: a part's time is then that of queueing
/// it, and the wait for the queue falls to the measurement, the first part that reads a result.
/// </summary>
/// <param name="Data">Fetching and augmenting the batch, or waiting for it.</param>
/// <param name="Encoder">Encoder and projection head, forward and backward, and the sum of the gradients over processes; with chunks, which take the loss in between, the loss too.</param>
/// <param name="Loss">The loss and its gradient at the embeddings.</param>
/// <param name="Measurement">The packing's geometry.</param>
/// <param name="Optimizer">The update of the weights.</param>
public readonly record struct StepTimes(double Data, double Encoder, double Loss, double Measurement, double Optimizer)
{
    /// <summary>All parts.</summary>
    public double Total => Data + Encoder + Loss + Measurement + Optimizer;

    /// <summary>Adds two, part by part.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static StepTimes operator +(StepTimes left, StepTimes right) => new(
        left.Data + right.Data,
        left.Encoder + right.Encoder,
        left.Loss + right.Loss,
        left.Measurement + right.Measurement,
        left.Optimizer + right.Optimizer);
}
