using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Toy;

/// <summary>What the toy trains on and how; the defaults are those of the picture in the README but for its seed.</summary>
public sealed record ToyOptions
{
    /// <summary>How many optimiser steps, from 1 to 10,000.</summary>
    public int Steps { get; init; } = 200;

    /// <summary>How many noisy views of each image a step trains on, and as many others that the frames show; from 2 to 1000.</summary>
    public int Views { get; init; } = 32;

    /// <summary>The deviation of the Gaussian noise, in units of pixels from 0 to 1; above 0, at most 100.</summary>
    public double Noise { get; init; } = 0.3;

    /// <summary>r_s of the loss. At 3 the radius of a small round blob is 2.4 deviations of its views in a direction along the sphere.</summary>
    public double RadiusScale { get; init; } = 3;

    /// <summary>AdamW's constant learning rate, above 0, at most 1.</summary>
    public double LearningRate { get; init; } = 1e-5;

    /// <summary>Chooses the images, the noise and the first weights.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Throws when a value cannot be used, naming every one.</summary>
    /// <exception cref="InvalidOptionsException">Values are out of range.</exception>
    public void Validate()
    {
        (bool Broken, string Fault)[] rules =
        [
            (Steps is < 1 or > 10_000, $"Steps is {Steps}; it must be from 1 to 10000."),
            (Views is < 2 or > 1000, $"Views is {Views}; it must be from 2 to 1000."),
            (!(Noise is > 0 and <= 100), FormattableString.Invariant($"Noise is {Noise}; it must be above 0, at most 100.")),
            (!(LearningRate is > 0 and <= 1), FormattableString.Invariant($"LearningRate is {LearningRate}; it must be above 0, at most 1.")),
        ];
        if (rules.Any(rule => rule.Broken))
        {
            throw new InvalidOptionsException(string.Join(Environment.NewLine, rules.Where(rule => rule.Broken).Select(rule => rule.Fault)));
        }
    }
}
