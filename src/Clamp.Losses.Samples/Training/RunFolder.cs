using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Clamp.Losses.Samples.Models;

namespace Clamp.Losses.Samples.Training;

/// <summary>
/// The folder of one run: config.json, metrics.csv, checkpoints/, tensorboard/, and at its end training.png and encoder.dat. A new run
/// never writes into an old one's.
/// </summary>
public sealed class RunFolder
{
    internal static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private RunFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The settings of the run.</summary>
    public string ConfigFile => File("config.json");

    /// <summary>What each step did.</summary>
    public string MetricsFile => File("metrics.csv");

    /// <summary>The folder of the states to go on from.</summary>
    public string CheckpointFolder => File("checkpoints");

    /// <summary>The folder of the event files.</summary>
    public string TensorBoardFolder => File("tensorboard");

    /// <summary>Whether the training came to its end: the encoder is what is written last.</summary>
    public bool IsFinished => System.IO.File.Exists(EncoderFile);

    /// <summary>The weights of the trained encoder.</summary>
    public string EncoderFile => File("encoder.dat");

    private string PlotFile => File("training.png");

    /// <summary>Creates the folder and stores the options in it.</summary>
    /// <param name="path">Where, or null for a new folder under runs/.</param>
    /// <param name="options">The options of the run.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="IOException">The folder holds files already, or cannot be written.</exception>
    public static RunFolder Create(string? path, PretrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var started = DateTime.Now.ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture);
        var folder = path ?? System.IO.Path.Combine("runs", $"{started}-{options.Dataset}".ToLowerInvariant());
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new IOException($"The output folder '{folder}' holds files already; name a new one, so that an earlier run is kept.");
        }

        CreateDirectory(folder);
        var run = new RunFolder(folder);
        AtomicFile.Write(run.ConfigFile, stream => stream.Write(Encoding.UTF8.GetBytes(ToJson(options))));
        return run;
    }

    /// <summary>Opens the folder of a finished run.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>The folder, and the options it was made with.</returns>
    /// <exception cref="FileNotFoundException">It is no run folder, or its training did not finish.</exception>
    /// <exception cref="InvalidDataException">Its config.json is damaged.</exception>
    public static (RunFolder Folder, PretrainOptions Options) Open(string path)
    {
        var run = new RunFolder(path);
        ThrowIfMissing(run.ConfigFile, "--run takes the folder of a finished pretraining");
        ThrowIfMissing(run.EncoderFile, "--run takes the folder of a finished pretraining");
        return (run, run.ReadOptions());
    }

    /// <summary>Opens the folder of a run that goes on.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="FileNotFoundException">It is no run folder.</exception>
    public static RunFolder Resume(string path)
    {
        var run = new RunFolder(path);
        ThrowIfMissing(run.ConfigFile, "--resume takes the folder of an earlier pretraining");
        return run;
    }

    /// <summary>What config.json holds.</summary>
    /// <param name="options">The options of a run.</param>
    /// <returns>JSON.</returns>
    public static string ToJson(PretrainOptions options) => JsonSerializer.Serialize(options, Json);

    /// <summary>Keeps other processes from training in the folder.</summary>
    /// <returns>The lock; it ends when it is disposed, and with the process however that ends.</returns>
    /// <exception cref="IOException">Another process trains there, or the folder cannot be written.</exception>
    public IDisposable Lock()
    {
        try
        {
            const int NoBuffer = 0;
            return new FileStream(
                File("run.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, NoBuffer, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"'{Path}' cannot be trained in, perhaps because another process does: {e.Message}", e);
        }
    }

    /// <summary>Draws the run, all or nothing.</summary>
    /// <param name="history">Its steps, in order.</param>
    public void SavePlot(IReadOnlyList<StepMetrics> history) =>
        AtomicFile.Write(PlotFile, stream => stream.Write(TrainingPlot.Png(history)));

    /// <summary>Stores the weights of an encoder, all or nothing.</summary>
    /// <param name="encoder">The encoder.</param>
    public void SaveEncoder(ResNet encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        AtomicFile.WriteWeights(EncoderFile, encoder);
    }

    /// <summary>Loads the weights of the run into an encoder of the same kind.</summary>
    /// <param name="encoder">The encoder.</param>
    public void LoadEncoder(ResNet encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        encoder.load(EncoderFile);
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

    private static void ThrowIfMissing(string file, string expected)
    {
        if (!System.IO.File.Exists(file))
        {
            throw new FileNotFoundException($"'{file}' does not exist; {expected}.", file);
        }
    }

    private PretrainOptions ReadOptions()
    {
        try
        {
            return JsonSerializer.Deserialize<PretrainOptions>(System.IO.File.ReadAllText(ConfigFile), Json)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{ConfigFile}' is damaged: {e.Message}", e);
        }
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
