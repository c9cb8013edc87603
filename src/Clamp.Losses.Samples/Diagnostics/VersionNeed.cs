namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>A symbol version that one library asks of another.</summary>
/// <param name="Library">The other, such as "libstdc++.so.6".</param>
/// <param name="Version">The version, such as "GLIBCXX_3.4.32".</param>
/// <param name="Weak">Whether the loader goes on without it.</param>
public sealed record VersionNeed(string Library, string Version, bool Weak);
