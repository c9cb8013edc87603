namespace Clamp.Losses.Samples.Terminal;

/// <summary>Writes durations from seconds to weeks.</summary>
internal static class TimeLeft
{
    /// <summary>Such as 02:15, 13:02:15 or 6d 13:02.</summary>
    /// <param name="time">The duration.</param>
    public static string Describe(TimeSpan time) => time switch
    {
        { TotalHours: < 1 } => $"{time:mm\\:ss}",
        { TotalDays: < 1 } => $"{time:hh\\:mm\\:ss}",
        _ => $"{time:d\\d\\ hh\\:mm}",
    };
}
