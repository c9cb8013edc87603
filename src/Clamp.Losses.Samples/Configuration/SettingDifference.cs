namespace Clamp.Losses.Samples.Configuration;

/// <summary>A setting of a run that is not the paper's.</summary>
/// <param name="Paper">The paper's value, or null when it is not set.</param>
/// <param name="Run">The run's value, or null when it is not set.</param>
public sealed record SettingDifference(string? Paper, string? Run);
