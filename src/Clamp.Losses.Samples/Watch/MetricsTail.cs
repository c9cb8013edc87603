using System.Text;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Watch;

/// <summary>
/// Follows the metrics.csv of a run that may be training: each look reads only what was added. A run that was resumed has cut the file back
/// to its checkpoint, and is read again from the start.
/// </summary>
/// <param name="path">The file; it need not exist yet.</param>
internal sealed class MetricsTail(string path)
{
    private const int MostKept = 2000;

    private readonly List<StepMetrics> _kept = [];
    private long _read;
    private long _count;
    private int _stride = 1;

    /// <summary>The last step; null before the first.</summary>
    public StepMetrics? Last { get; private set; }

    /// <summary>How many steps an epoch has; null while the first epoch lasts.</summary>
    public int? StepsPerEpoch { get; private set; }

    /// <summary>The first step, the last, and of those between enough to draw, equally far apart.</summary>
    public IReadOnlyList<StepMetrics> Steps => Last is null || _kept[^1] == Last ? _kept : [.. _kept, Last];

    /// <summary>Reads what is new.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Refresh()
    {
        if (!File.Exists(path))
        {
            Forget();
            return;
        }

        // The trainer goes on writing, and may put another file in its place.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length < _read || LinesFrom(file).FirstOrDefault() is { } next && MetricsFile.StepOf(next) != Last?.Step + 1)
        {
            Forget();
        }

        foreach (var line in LinesFrom(file))
        {
            _read += line.Length + 1;
            if (MetricsFile.Parse(line) is { } step)
            {
                Add(step);
            }
        }
    }

    /// <summary>The lines that are not read yet, as far as they are whole.</summary>
    private IEnumerable<string> LinesFrom(FileStream file)
    {
        var (at, length) = (_read, file.Length);
        file.Position = at;

        // A byte is a character, so that lengths are those of the file.
        using var reader = new StreamReader(file, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        while (reader.ReadLine() is { } line && (at += line.Length + 1) <= length)
        {
            yield return line;
        }
    }

    private void Add(StepMetrics step)
    {
        if (Last is not null && step.Epoch > Last.Epoch)
        {
            StepsPerEpoch = (step.Step - 1) / (step.Epoch - 1);
        }

        Last = step;
        if (_count++ % _stride != 0)
        {
            return;
        }

        _kept.Add(step);
        if (_kept.Count > MostKept)
        {
            var every = 0;
            _kept.RemoveAll(_ => every++ % 2 == 1);
            _stride *= 2;
        }
    }

    private void Forget()
    {
        _kept.Clear();
        (_read, _count, _stride, Last, StepsPerEpoch) = (0, 0, 1, null, null);
    }
}
