namespace Clamp.Losses.Training;

/// <summary>What a linear probe reached.</summary>
/// <param name="Test">The accuracy on the whole test set.</param>
/// <param name="LearningRate">The learning rate chosen, with which the classifier was trained again on all training images.</param>
/// <param name="Sweep">Every learning rate tried.</param>
public sealed record ProbeResult(Accuracy Test, double LearningRate, IReadOnlyList<ProbedRate> Sweep);
