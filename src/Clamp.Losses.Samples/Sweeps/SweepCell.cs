using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>One training of a sweep.</summary>
/// <param name="Name">The varied settings in which it differs from the base, and the seed if that does; "base" without a difference.</param>
/// <param name="Options">Its settings.</param>
/// <param name="Values">The value of every setting that the sweep varies, as config.json has it.</param>
internal sealed record SweepCell(string Name, RunOptions Options, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>How much there is to train, in views: cells of one sweep take time by it, about.</summary>
    public double Work => (double)Options.Epochs * Options.Views * Math.Max(1, Options.TrainImages);
}
