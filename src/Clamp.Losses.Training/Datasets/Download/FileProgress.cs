namespace Clamp.Losses.Training;

/// <summary>How far a download is.</summary>
/// <param name="Bytes">What has arrived, in earlier attempts too.</param>
/// <param name="Total">The size of the file, or null when the server does not tell.</param>
public readonly record struct FileProgress(long Bytes, long? Total);
