namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>One thing that was looked at.</summary>
/// <param name="Subject">What, such as "libstdc++".</param>
/// <param name="Found">What is there.</param>
/// <param name="Advice">What to do about it; null when nothing is to be done.</param>
/// <param name="Prevents">Whether training cannot work because of it.</param>
public sealed record Finding(string Subject, string Found, string? Advice = null, bool Prevents = false);
