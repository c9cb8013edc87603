namespace Clamp.Losses.Training;

/// <summary>How nearest neighbours vote.</summary>
public sealed record NeighbourOptions
{
    /// <summary>The values of k, at least one, each at least 1; all training images vote where there are fewer.</summary>
    public IReadOnlyList<int> Neighbours { get; init; } = [1, 5, 10, 20, 50, 100, 200];

    /// <summary>Votes weigh exp(similarity / temperature); above 0. The lower, the more the nearest outweigh the others.</summary>
    public double Temperature { get; init; } = 0.1;

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public void Validate() => OptionRules.Check(
        (Neighbours.Count == 0 || Neighbours.Min() < 1, nameof(Neighbours), string.Join(' ', Neighbours), "at least 1"),
        (!(Temperature > 0 && double.IsFinite(Temperature)), nameof(Temperature), Temperature, "a finite number above 0"));
}
