namespace Clamp.Losses.Training;

/// <summary>Writes <see cref="StepMetrics"/> as CSV, a line a step, flushed so that a run can be watched.</summary>
public sealed class MetricsWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly StreamWriter _writer;

    /// <summary>
    /// Opens the file after a number of steps: what was written beyond them, by a process that was killed before its next checkpoint, is
    /// cut off.
    /// </summary>
    /// <param name="path">The file; it is created when it does not exist.</param>
    /// <param name="stepsDone">The steps whose lines are kept; 0 for a new run.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public MetricsWriter(string path, int stepsDone)
    {
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        _file.SetLength(LengthOf(_file, stepsDone));
        _file.Seek(0, SeekOrigin.End);
        _writer = new StreamWriter(_file) { AutoFlush = true };
        if (_file.Length == 0)
        {
            WriteLine(MetricsFile.Header);
        }
    }

    /// <summary>Appends one step.</summary>
    /// <param name="metrics">The step.</param>
    public void Write(StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        WriteLine(MetricsFile.Format(metrics));
    }

    /// <summary>Brings what was written to the disk, so that a checkpoint never knows more steps than the file.</summary>
    public void FlushToDisk() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void WriteLine(string line) => _writer.Write(line + "\n");

    /// <summary>The bytes up to the last whole line of the steps that are done; a line that a kill cut short does not count.</summary>
    private static long LengthOf(FileStream file, int stepsDone)
    {
        using var reader = new StreamReader(file, leaveOpen: true);
        var length = 0L;
        while (reader.ReadLine() is { } line)
        {
            var end = length + line.Length + 1;
            var isKept = length == 0 ? line == MetricsFile.Header : MetricsFile.StepOf(line) is { } step && step <= stepsDone;
            if (end > file.Length || !isKept)
            {
                break;
            }

            length = end;
        }

        return length;
    }
}
