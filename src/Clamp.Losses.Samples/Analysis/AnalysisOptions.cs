using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>How much of a run is looked at.</summary>
internal sealed record AnalysisOptions
{
    /// <summary>How many test images are looked at, balanced over classes; from 20 to 5000. Pairs grow with its square.</summary>
    public int Images { get; init; } = 1000;

    /// <summary>From how many training images the probe learns and neighbours are found, balanced over classes; at least 50.</summary>
    public int TrainImages { get; init; } = 5000;

    /// <summary>How many augmented views of each image span its sub-manifold; from 2 to 64.</summary>
    public int Views { get; init; } = 16;

    /// <summary>Throws when a value cannot be used, naming every one.</summary>
    /// <exception cref="InvalidOptionsException">Values are out of range.</exception>
    public void Validate()
    {
        (bool Broken, string Fault)[] rules =
        [
            (Images is < 20 or > TSne.MostPoints, $"Images is {Images}; it must be from 20 to {TSne.MostPoints}."),
            (TrainImages < 50, $"TrainImages is {TrainImages}; it must be at least 50."),
            (Views is < 2 or > 64, $"Views is {Views}; it must be from 2 to 64."),
        ];
        if (rules.Any(rule => rule.Broken))
        {
            throw new InvalidOptionsException(string.Join(Environment.NewLine, rules.Where(rule => rule.Broken).Select(rule => rule.Fault)));
        }
    }
}
