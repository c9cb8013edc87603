using TorchSharp;

namespace Clamp.Losses.Training;

/// <summary>Linear warm-up to a peak, then half a cosine down to 0, as a closed form of the step: there is no state to save.</summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="WarmupSteps">The steps that climb to it.</param>
/// <param name="TotalSteps">All steps.</param>
public sealed record CosineSchedule(double Peak, int WarmupSteps, int TotalSteps)
{
    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">From 0 to <see cref="TotalSteps"/> - 1.</param>
    /// <returns>Above 0, at most <see cref="Peak"/>.</returns>
    public double At(int step) => step < WarmupSteps
        ? Peak * (step + 1) / WarmupSteps
        : Peak * 0.5 * (1 + Math.Cos(Math.PI * (step - WarmupSteps) / Math.Max(1, TotalSteps - WarmupSteps)));

    /// <summary>Gives an optimiser the learning rate of a step.</summary>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="step">From 0 to <see cref="TotalSteps"/> - 1.</param>
    public void Apply(torch.optim.Optimizer optimizer, int step)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = At(step);
        }
    }
}
