namespace Clamp.Losses.Samples.Configuration;

/// <summary>A setting of a run that is not the paper's.</summary>
/// <param name="Paper">The paper's value, or null when it is not set.</param>
/// <param name="Run">The run's value, or null when it is not set.</param>
public sealed record SettingDifference(string? Paper, string? Run)
{
    /// <summary>Every setting in which two sets of them differ.</summary>
    /// <param name="paper">The paper's, by key.</param>
    /// <param name="run">The run's, by key.</param>
    /// <returns>The differences by key, in order.</returns>
    public static SortedDictionary<string, SettingDifference> Between(IReadOnlyDictionary<string, string> paper, IReadOnlyDictionary<string, string> run)
    {
        ArgumentNullException.ThrowIfNull(paper);
        ArgumentNullException.ThrowIfNull(run);
        var both = paper.Keys.Union(run.Keys)
            .ToDictionary(key => key, key => new SettingDifference(paper.GetValueOrDefault(key), run.GetValueOrDefault(key)));
        return new(both.Where(pair => pair.Value.Paper != pair.Value.Run).ToDictionary(), StringComparer.Ordinal);
    }
}
