namespace Clamp.Losses.Training;

/// <summary>A learning rate that was tried.</summary>
/// <param name="LearningRate">The peak learning rate.</param>
/// <param name="HeldOutTop1">Top-1 accuracy on the training images held out, 0 to 1; the others were trained on.</param>
public sealed record ProbedRate(double LearningRate, double HeldOutTop1);
