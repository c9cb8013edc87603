namespace Clamp.Losses.Training;

/// <summary>Writes <see cref="StepMetrics"/> as CSV, a line a step, flushed so that a run can be watched.</summary>
public sealed class MetricsWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly StreamWriter _writer;

    /// <summary>
    /// Opens the file after a number of steps: what was written beyond them, by a process that was killed before its next checkpoint, is
    /// left out, as are lines that are no steps.
    /// </summary>
    /// <param name="path">The file; it is created when it does not exist.</param>
    /// <param name="stepsDone">The steps whose lines are kept; 0 for a new run.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public MetricsWriter(string path, int stepsDone)
    {
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            foreach (var line in KeptLines(path, stepsDone).Prepend(MetricsFile.Header))
            {
                writer.WriteLine(line);
            }
        });
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        _writer = new StreamWriter(_file) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Appends one step.</summary>
    /// <param name="metrics">The step.</param>
    public void Write(StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _writer.WriteLine(MetricsFile.Format(metrics));
    }

    /// <summary>Brings what was written to the disk, so that a checkpoint never knows more steps than the file.</summary>
    public void FlushToDisk() => Disk.Flush(_file);

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static IEnumerable<string> KeptLines(string path, int stepsDone)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        // The last line has no end when a kill cut it short, and may look whole all the same.
        var isCut = !EndsInANewLine(path);
        var lines = isCut ? File.ReadLines(path).SkipLast(1) : File.ReadLines(path);
        return lines.Select(MetricsFile.Parse).OfType<StepMetrics>().Where(step => step.Step <= stepsDone).Select(MetricsFile.Format);
    }

    private static bool EndsInANewLine(string path)
    {
        using var file = File.OpenRead(path);
        return file.Length > 0 && file.Seek(-1, SeekOrigin.End) >= 0 && file.ReadByte() == '\n';
    }
}
