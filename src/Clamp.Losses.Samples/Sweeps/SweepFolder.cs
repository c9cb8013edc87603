using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Sweeps;

/// <summary>The folder of a sweep: base.json, a run folder for each cell, and the tables and drawings of them all. One process at a time works in it.</summary>
internal sealed partial class SweepFolder : IDisposable
{
    private const string BaseFile = "base.json";
    private const string LockFile = "sweep.lock";
    private const int LongestName = 120;

    private readonly string _path;
    private readonly FileStream _lock;

    private SweepFolder(string path)
    {
        _path = path;
        try
        {
            Directory.CreateDirectory(path);
            _lock = new FileStream(PathOf(LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder '{path}' cannot be used for a sweep, perhaps because another process does: {e.Message}", e);
        }
    }

    /// <summary>Opens the folder of a sweep, or begins one.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">The base.</param>
    /// <exception cref="IOException">It holds other files, another process works in it, or it cannot be written.</exception>
    /// <exception cref="InvalidOptionsException">It is the folder of a sweep around another base.</exception>
    public static SweepFolder Open(string path, RunOptions options)
    {
        string[] ours = [BaseFile, LockFile, BaseFile + AtomicFile.Unfinished];
        if (!File.Exists(Path.Combine(path, BaseFile)) && Directory.Exists(path)
            && Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).Except(ours).Any())
        {
            throw new IOException($"The output folder '{path}' holds files already, and is no sweep's; name a new one.");
        }

        var folder = new SweepFolder(path);
        try
        {
            folder.BeginOrGoOn(options);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A file of the sweep.</summary>
    /// <param name="name">Its name.</param>
    public string PathOf(string name) => Path.Combine(_path, name);

    /// <summary>The run folder of a cell; a name that no file can have is made one that is its own.</summary>
    /// <param name="cell">The cell.</param>
    public string PathOf(SweepCell cell)
    {
        var name = NoFileName().Replace(cell.Name, "_");
        return PathOf(name == cell.Name && name.Length <= LongestName
            ? name
            : $"{name[..Math.Min(name.Length, LongestName)]}-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(cell.Name)))[..8]}");
    }

    /// <summary>What became of a cell so far.</summary>
    /// <param name="cell">The cell.</param>
    /// <exception cref="InvalidOptionsException">The run there has other settings.</exception>
    public CellOutcome OutcomeOf(SweepCell cell)
    {
        if (RunOf(cell) is not { } run)
        {
            return CellOutcome.Unfinished;
        }

        ThrowIfOther(run.Path, run.ReadOptions<RunOptions>(), cell.Options);
        return run.IsFinished && File.Exists(ScoreFile(run)) ? new CellOutcome(CellState.Finished, Score(run), TrainingEnd.Read(run)) : CellOutcome.Unfinished;
    }

    /// <summary>The run of a cell that was begun, ready to go on, or null.</summary>
    /// <param name="cell">The cell.</param>
    public string? ToGoOnWith(SweepCell cell)
    {
        var run = RunOf(cell);
        if (run is { IsFinished: true } && !File.Exists(ScoreFile(run)))
        {
            // Killed while it was scored: from its last checkpoint there is no step left, but the score.
            File.Delete(run.EncoderWeights);
        }

        return run?.Path;
    }

    /// <summary>Writes a file of the sweep, all or nothing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Text.</param>
    /// <exception cref="IOException">It cannot be written; what was there is kept.</exception>
    public void Write(string name, string content) => AtomicFile.Write(PathOf(name), stream => stream.Write(Encoding.UTF8.GetBytes(content)));

    /// <summary>Lets others work in it.</summary>
    public void Dispose() => _lock.Dispose();

    private static string ScoreFile(RunFolder run) => Path.Combine(run.Path, "score.json");

    private static PretrainReport Score(RunFolder run)
    {
        try
        {
            return JsonSerializer.Deserialize<PretrainReport>(File.ReadAllText(ScoreFile(run)), ResultFile.Format)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{ScoreFile(run)}' is damaged: {e.Message}", e);
        }
    }

    private static void ThrowIfOther(string path, RunOptions before, RunOptions now)
    {
        var differences = SettingDifference.Between(
            ConfigurationLayer.FromOptions(before.Essentials()).Values, ConfigurationLayer.FromOptions(now.Essentials()).Values);
        if (differences.Count > 0)
        {
            throw new InvalidOptionsException($"'{path}' was begun with other settings: "
                + $"{string.Join("; ", differences.Select(pair => $"{pair.Key} was {pair.Value.Paper ?? "not set"} and is {pair.Value.Run ?? "not set"}"))}. Name a new folder.");
        }
    }

    private void BeginOrGoOn(RunOptions options)
    {
        if (File.Exists(PathOf(BaseFile)))
        {
            // A setting that an earlier version did not have is as by default.
            ThrowIfOther(_path, PretrainConfiguration.Resolve([ConfigurationLayer.FromFile(PathOf(BaseFile))]), options);
            return;
        }

        Write(BaseFile, options.ToJson());
    }

    private RunFolder? RunOf(SweepCell cell) => File.Exists(Path.Combine(PathOf(cell), "config.json")) ? RunFolder.Resume(PathOf(cell)) : null;

    [GeneratedRegex("[^A-Za-z0-9 .,=+_-]")]
    private static partial Regex NoFileName();
}
