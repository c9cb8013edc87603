using System.Globalization;

namespace Clamp.Losses.Training;

/// <summary>The checkpoints of one run, <c>step-00000120.ckpt</c> and so on.</summary>
/// <param name="path">The folder; it is created when the first checkpoint is saved.</param>
/// <param name="options">What to keep.</param>
public sealed class CheckpointFolder(string path, CheckpointOptions options)
{
    private const string Prefix = "step-";
    private const string Suffix = ".ckpt";

    // Written or checked by this process: each file is read once, and not at every save.
    private readonly HashSet<string> _whole = [];

    /// <summary>Saves the trainer's state, then removes the checkpoints that need not be kept; a damaged one keeps no other from being kept.</summary>
    /// <param name="trainer">The trainer, between two steps.</param>
    /// <exception cref="IOException">It cannot be written; earlier checkpoints are kept.</exception>
    public void Save(Pretrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        Directory.CreateDirectory(path);
        var saved = FileOf(trainer.StepsDone);
        CheckpointFile.Write(saved, trainer.Save);
        _whole.Add(saved);
        var kept = 0;
        foreach (var (_, file) in NewestFirst().Where(checkpoint => !options.IsKept(checkpoint.Step, trainer.StepsPerEpoch)))
        {
            if (kept == options.Keep)
            {
                File.Delete(file);
            }
            else if (IsWhole(file))
            {
                kept++;
            }
        }
    }

    /// <summary>Brings a trainer to the newest checkpoint that is whole.</summary>
    /// <param name="trainer">A new trainer of the same run.</param>
    /// <param name="warn">Told of each damaged checkpoint.</param>
    /// <returns>Whether there was a checkpoint; without one the trainer is as it was.</returns>
    /// <exception cref="InvalidDataException">There are checkpoints, and all are damaged.</exception>
    /// <exception cref="ArgumentException">The checkpoint belongs to a run with other options or images.</exception>
    public bool RestoreNewest(Pretrainer trainer, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(warn);
        using var reader = OpenNewest(warn);
        if (reader is not null)
        {
            trainer.Load(reader);
            return true;
        }

        var checkpoints = NewestFirst();
        return checkpoints.Count == 0
            ? false
            : throw new InvalidDataException($"No checkpoint in '{path}' is whole ({checkpoints.Count} damaged): the run cannot be resumed.");
    }

    /// <summary>Opens the newest checkpoint that is whole.</summary>
    /// <param name="warn">Told of each damaged checkpoint.</param>
    /// <returns>A reader at its content, which the caller disposes; null when there is none.</returns>
    internal BinaryReader? OpenNewest(Action<string> warn) =>
        NewestFirst().Select(checkpoint => OpenIfWhole(checkpoint.File, warn)).FirstOrDefault(reader => reader is not null);

    /// <summary>Removes what a killed process left half-written.</summary>
    public void RemoveUnfinished()
    {
        foreach (var file in Files("*" + AtomicFile.Unfinished))
        {
            File.Delete(file);
        }
    }

    private bool IsWhole(string file)
    {
        if (_whole.Contains(file))
        {
            return true;
        }

        using var reader = OpenIfWhole(file, _ => { });
        return reader is not null && _whole.Add(file);
    }

    private static BinaryReader? OpenIfWhole(string file, Action<string> warn)
    {
        try
        {
            return CheckpointFile.Open(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            warn(e.Message);
            return null;
        }
    }

    private string FileOf(int step) => Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}{Suffix}"));

    private List<(int Step, string File)> NewestFirst() =>
        [.. Files(Prefix + "*" + Suffix)
            .Select(file => (Step: StepOf(file), File: file))
            .Where(found => found.Step > 0)
            .OrderByDescending(found => found.Step)];

    private IEnumerable<string> Files(string pattern) => Directory.Exists(path) ? Directory.GetFiles(path, pattern) : [];

    /// <summary>The step in a checkpoint's name, or 0 when it is not one of ours.</summary>
    private static int StepOf(string file)
    {
        var digits = Path.GetFileNameWithoutExtension(file)[Prefix.Length..];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : 0;
    }
}
