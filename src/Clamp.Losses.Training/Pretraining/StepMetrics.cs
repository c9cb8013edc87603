namespace Clamp.Losses.Training;

/// <summary>What one training step did.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Loss">The loss before the step.</param>
/// <param name="LearningRate">The learning rate of the step.</param>
/// <param name="ImagesPerSecond">Images, each with all its views, per second since the run began or was resumed.</param>
/// <param name="MeanContacts">Contacts of a sub-manifold.</param>
/// <param name="MeanRadius">The mean radius.</param>
/// <param name="RattlerFraction">Sub-manifolds without contact, 0 to 1.</param>
/// <param name="NearestCentroidAccuracy">Views nearest to their own centroid, 0 to 1.</param>
/// <param name="ParticipationRatio">In how many directions the centroids spread.</param>
/// <param name="Verdict">The state of the packing.</param>
/// <param name="Times">Where the step's time went.</param>
/// <param name="Norms">How large weights and gradients were; NaN in lines of versions that did not measure them.</param>
public sealed record StepMetrics(
    int Step,
    int Epoch,
    double Loss,
    double LearningRate,
    double ImagesPerSecond,
    double MeanContacts,
    double MeanRadius,
    double RattlerFraction,
    double NearestCentroidAccuracy,
    double ParticipationRatio,
    PackingVerdict Verdict,
    StepTimes Times,
    ParameterNorms Norms);
