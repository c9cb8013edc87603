namespace Clamp.Losses.Training;

/// <summary>The loss became NaN or infinite: the weights have diverged.</summary>
/// <param name="message">What happened, when, and what to change.</param>
public sealed class TrainingDivergedException(string message) : Exception(message);
