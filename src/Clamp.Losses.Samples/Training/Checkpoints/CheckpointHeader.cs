using Clamp.Losses.Samples.Configuration;

namespace Clamp.Losses.Samples.Training.Checkpoints;

/// <summary>What a checkpoint says about itself, stored as JSON before the weights.</summary>
/// <param name="Step">The steps that are done.</param>
/// <param name="Epoch">The epoch of the next step, from 0.</param>
/// <param name="Batch">The batch of the next step within its epoch, from 0: the sampler's position.</param>
/// <param name="Images">The number of training images.</param>
/// <param name="Options">What decides the run.</param>
public sealed record CheckpointHeader(int Step, int Epoch, int Batch, int Images, PretrainOptions Options)
{
    /// <summary>Refuses to go on with other options or images: the result would be that of neither run.</summary>
    /// <param name="options">The options now.</param>
    /// <param name="images">The number of training images now.</param>
    /// <exception cref="ArgumentException">They differ; the message names the differences.</exception>
    public void ThrowIfNotOf(PretrainOptions options, int images)
    {
        var (before, now) = (RunProvenance.Flat(Options), RunProvenance.Flat(options));
        string Difference(string key) => $"{key} was {before.GetValueOrDefault(key, "not set")} and is {now.GetValueOrDefault(key, "not set")}";
        List<string> differences =
        [
            .. before.Keys.Union(now.Keys).Where(key => before.GetValueOrDefault(key) != now.GetValueOrDefault(key)).Select(Difference),
            .. images == Images ? Array.Empty<string>() : [$"the number of training images was {Images} and is {images}"],
        ];
        if (differences.Count > 0)
        {
            throw new ArgumentException($"A run goes on with its own settings and images only: {string.Join("; ", differences)}.");
        }
    }
}
