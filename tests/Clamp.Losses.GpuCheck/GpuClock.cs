namespace Clamp.Losses.GpuCheck;

/// <summary>Times what is queued, by events between the launches.</summary>
/// <param name="driver">The driver.</param>
internal sealed class GpuClock(GpuDriver driver) : IDisposable
{
    private readonly List<nint> _events = [];
    private readonly List<Stage> _laps = [];

    /// <summary>Starts over.</summary>
    public void Start()
    {
        _laps.Clear();
        Record(0);
    }

    /// <summary>Ends a lap that began with the last, or with the start.</summary>
    /// <param name="stage">What was queued in it.</param>
    public void Lap(Stage stage)
    {
        _laps.Add(stage);
        Record(_laps.Count);
    }

    /// <summary>Microseconds from the start to the last lap; waits for it.</summary>
    public double Total()
    {
        driver.Wait(_events[_laps.Count]);
        return driver.Microseconds(_events[0], _events[_laps.Count]);
    }

    /// <summary>Microseconds of all laps of a stage; waits for the last lap.</summary>
    /// <param name="stage">The stage.</param>
    public double Of(Stage stage)
    {
        driver.Wait(_events[_laps.Count]);
        return Enumerable.Range(0, _laps.Count)
            .Where(lap => _laps[lap] == stage)
            .Sum(lap => driver.Microseconds(_events[lap], _events[lap + 1]));
    }

    /// <inheritdoc/>
    public void Dispose() => _events.ForEach(driver.DestroyEvent);

    private void Record(int index)
    {
        if (index == _events.Count)
        {
            _events.Add(driver.CreateEvent());
        }

        driver.Record(_events[index]);
    }
}
