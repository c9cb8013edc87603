using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// The folder of one run: config.json, initial.dat where it began from given weights, metrics.csv, checkpoints/, tensorboard/, and at its end encoder.dat and training.png. A new run
/// never writes into an old one's; <c>run.lock</c> keeps out a second process, and <c>run.pid</c> tells it who is at work.
/// </summary>
public sealed class RunFolder
{
    private const string Config = "config.json";
    private const string Initial = "initial.dat";
    private const string LockFile = "run.lock";
    private const string HolderFile = "run.pid";

    // What a run leaves that was killed before its settings were stored; a folder with nothing else is as good as empty.
    private static readonly string[] Beginnings =
        [LockFile, HolderFile, HolderFile + AtomicFile.Unfinished, Config + AtomicFile.Unfinished, Initial, Initial + AtomicFile.Unfinished];

    private RunFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The settings of the run.</summary>
    public string ConfigFile => File(Config);

    /// <summary>What each step did.</summary>
    public string MetricsFile => File("metrics.csv");

    /// <summary>The folder of the states to go on from.</summary>
    public string CheckpointFolder => File("checkpoints");

    /// <summary>The folder of the event files.</summary>
    public string TensorBoardFolder => File("tensorboard");

    /// <summary>Whether the training came to its end: the encoder is what is written last.</summary>
    public bool IsFinished => System.IO.File.Exists(EncoderWeights);

    /// <summary>The weights of the trained encoder.</summary>
    public string EncoderWeights => File("encoder.dat");

    /// <summary>Creates the folder and stores the options in it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="options">The options of the run.</param>
    /// <param name="initial">The encoder that it begins with, where the seed does not draw its weights; they are stored.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="IOException">The folder holds files already, or cannot be written.</exception>
    public static RunFolder Create(string path, PretrainOptions options, nn.Module? initial = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ThrowIfUsed(path);
        CreateDirectory(path);
        var run = new RunFolder(path);

        // Another run may have begun in the folder since it was looked at.
        using var exclusive = run.Lock();
        ThrowIfUsed(path);

        // The settings last: where they are, the weights that they speak of are too.
        if (initial is not null)
        {
            NetworkFile.Write(run.File(Initial), initial);
        }

        run.Write(Config, Encoding.UTF8.GetBytes(options.ToJson()));
        return run;
    }

    /// <summary>Opens the folder of a finished run.</summary>
    /// <typeparam name="TOptions">The options it was made with, such as <see cref="RunOptions"/>.</typeparam>
    /// <param name="path">The folder.</param>
    /// <returns>The folder, and the options it was made with.</returns>
    /// <exception cref="FileNotFoundException">It is no run folder, or its training did not finish.</exception>
    /// <exception cref="InvalidDataException">Its config.json is damaged, or lacks a setting.</exception>
    public static (RunFolder Folder, TOptions Options) Open<TOptions>(string path)
        where TOptions : PretrainOptions, new()
    {
        var run = new RunFolder(path);
        ThrowIfMissing(run.ConfigFile, "--run takes the folder of a finished pretraining");
        ThrowIfMissing(run.EncoderWeights, "--run takes the folder of a finished pretraining");
        return (run, run.ReadOptions<TOptions>());
    }

    /// <summary>Opens the folder of a run, finished or not: to go on with it, or to look at it.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="FileNotFoundException">It is no run folder.</exception>
    public static RunFolder Resume(string path)
    {
        var run = new RunFolder(path);
        ThrowIfMissing(run.ConfigFile, "name the folder of a pretraining");
        return run;
    }

    /// <summary>Keeps others from training in the folder.</summary>
    /// <returns>The lock; it ends when it is disposed, and with the process however that ends.</returns>
    /// <exception cref="IOException">Another run goes on there, or the folder cannot be written.</exception>
    public IDisposable Lock()
    {
        FileStream? held = null;
        try
        {
            // The file stays: one that is removed when the lock ends could be locked by two, one of whom had opened it before.
            held = new FileStream(File(LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            Write(HolderFile, Encoding.UTF8.GetBytes(
                FormattableString.Invariant($"process {Environment.ProcessId} on {Environment.MachineName}, since {DateTime.UtcNow:u}")));
            return held;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            var holder = held is null && System.IO.File.Exists(File(HolderFile)) ? $" ({System.IO.File.ReadAllText(File(HolderFile))})" : "";
            throw new IOException($"'{Path}' cannot be trained in, perhaps because another process does{holder}: {e.Message}", e);
        }
    }

    /// <summary>The options that the run was made with.</summary>
    /// <typeparam name="TOptions">Their type, such as <see cref="RunOptions"/>.</typeparam>
    /// <returns>The options.</returns>
    /// <exception cref="InvalidDataException">config.json is damaged, or lacks a setting.</exception>
    public TOptions ReadOptions<TOptions>()
        where TOptions : PretrainOptions, new()
    {
        try
        {
            var text = System.IO.File.ReadAllText(ConfigFile);
            using var given = JsonDocument.Parse(text);
            using var expected = JsonDocument.Parse(new TOptions().ToJson());
            var missing = Missing(expected.RootElement, given.RootElement, "").Except(new TOptions().Earlier().Keys).ToList();
            return missing.Count == 0
                ? JsonSerializer.Deserialize<TOptions>(text, PretrainOptions.Json)!
                : throw new InvalidDataException($"'{ConfigFile}' is damaged, or of another version: it lacks {string.Join(", ", missing)}.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{ConfigFile}' is damaged: {e.Message}", e);
        }
    }

    /// <summary>Adds a file to the folder, all or nothing.</summary>
    /// <param name="name">Its name, such as training.png.</param>
    /// <param name="content">What it holds.</param>
    /// <exception cref="IOException">It cannot be written; what was there is kept.</exception>
    public void Write(string name, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        AtomicFile.Write(File(name), stream => stream.Write(content));
    }

    /// <summary>Stores the weights of an encoder, all or nothing.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <exception cref="IOException">They cannot be written.</exception>
    /// <exception cref="TrainingDivergedException">One is NaN or infinite.</exception>
    public void SaveEncoder(nn.Module encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        NetworkFile.Write(EncoderWeights, encoder);
    }

    /// <summary>Loads the weights of the run into an encoder of the same kind.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <exception cref="InvalidDataException">They are damaged, of another encoder, NaN or infinite.</exception>
    public void LoadEncoder(nn.Module encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        NetworkFile.Read(EncoderWeights, encoder);
    }

    /// <summary>Loads the encoder of the run and the projection head that it was trained with, which the last checkpoint alone holds.</summary>
    /// <param name="encoder">An encoder of the same kind.</param>
    /// <param name="head">A head of the same widths.</param>
    /// <exception cref="InvalidDataException">The encoder is damaged, or no whole checkpoint is of the run's end.</exception>
    public void LoadEncoderAndHead(nn.Module encoder, ProjectionHead head)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(head);
        LoadEncoder(encoder);
        using var checkpoint = new CheckpointFolder(CheckpointFolder, new CheckpointOptions()).OpenNewest(_ => { });
        if (checkpoint is null || !HasEqual(encoder, () => Pretrainer.LoadNetworks(checkpoint, encoder, head)))
        {
            throw new InvalidDataException(
                $"'{CheckpointFolder}' holds no whole checkpoint of the run's end, which alone holds the projection head; the encoder can be had without.");
        }
    }

    /// <summary>Loads the weights that the run began with, where they were given (<see cref="Create"/>).</summary>
    /// <param name="encoder">The encoder.</param>
    /// <exception cref="InvalidDataException">They are damaged, or of another encoder.</exception>
    /// <exception cref="FileNotFoundException">They are not there.</exception>
    public void LoadInitial(nn.Module encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        NetworkFile.Read(File(Initial), encoder);
    }

    /// <summary>Whether a network's weights and buffers are after a change what they were before.</summary>
    private static bool HasEqual(nn.Module network, Action change)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var before = network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        change();
        return network.state_dict().All(entry => entry.Value.eq(before[entry.Key]).all().item<bool>());
    }

    private static void CreateDirectory(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The output folder '{path}' cannot be created: {e.Message}", e);
        }
    }

    private static void ThrowIfUsed(string path)
    {
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Select(System.IO.Path.GetFileName).Except(Beginnings).Any())
        {
            throw new IOException($"The output folder '{path}' holds files already; name a new one, so that an earlier run is kept.");
        }
    }

    /// <summary>The settings that are not there, or null where they must not be.</summary>
    private static IEnumerable<string> Missing(JsonElement expected, JsonElement given, string prefix)
    {
        if (given.ValueKind != JsonValueKind.Object)
        {
            return [prefix.Length > 0 ? prefix.TrimEnd(':') : "an object of settings"];
        }

        return expected.EnumerateObject().SelectMany(setting =>
            !given.TryGetProperty(setting.Name, out var value)
                || (value.ValueKind == JsonValueKind.Null && setting.Value.ValueKind != JsonValueKind.Null)
                ? [prefix + setting.Name]
                : setting.Value.ValueKind == JsonValueKind.Object ? Missing(setting.Value, value, $"{prefix}{setting.Name}:") : []);
    }

    private static void ThrowIfMissing(string file, string expected)
    {
        if (!System.IO.File.Exists(file))
        {
            throw new FileNotFoundException($"'{file}' does not exist; {expected}.", file);
        }
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
