using System.Diagnostics;

namespace Clamp.Losses.Training;

/// <summary>Times one thing after the other.</summary>
internal sealed class LapClock
{
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>The seconds since the last lap, or since the clock was made.</summary>
    public double Lap()
    {
        var (before, now) = (_last, Stopwatch.GetTimestamp());
        _last = now;
        return Stopwatch.GetElapsedTime(before, now).TotalSeconds;
    }
}
