using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// The folder of one run: config.json, metrics.csv, checkpoints/, tensorboard/, and at its end training.png and encoder.dat. A new run
/// never writes into an old one's.
/// </summary>
public sealed class RunFolder
{
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
    public bool IsFinished => System.IO.File.Exists(EncoderWeights);

    /// <summary>The weights of the trained encoder.</summary>
    public string EncoderWeights => File("encoder.dat");

    /// <summary>Creates the folder and stores the options in it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="options">The options of the run.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="IOException">The folder holds files already, or cannot be written.</exception>
    public static RunFolder Create(string path, PretrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new IOException($"The output folder '{path}' holds files already; name a new one, so that an earlier run is kept.");
        }

        CreateDirectory(path);
        var run = new RunFolder(path);
        run.Write("config.json", Encoding.UTF8.GetBytes(options.ToJson()));
        return run;
    }

    /// <summary>Opens the folder of a finished run.</summary>
    /// <typeparam name="TOptions">The options it was made with, such as <see cref="RunOptions"/>.</typeparam>
    /// <param name="path">The folder.</param>
    /// <returns>The folder, and the options it was made with.</returns>
    /// <exception cref="FileNotFoundException">It is no run folder, or its training did not finish.</exception>
    /// <exception cref="InvalidDataException">Its config.json is damaged.</exception>
    public static (RunFolder Folder, TOptions Options) Open<TOptions>(string path)
        where TOptions : PretrainOptions
    {
        var run = new RunFolder(path);
        ThrowIfMissing(run.ConfigFile, "--run takes the folder of a finished pretraining");
        ThrowIfMissing(run.EncoderWeights, "--run takes the folder of a finished pretraining");
        return (run, run.ReadOptions<TOptions>());
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
    public void SaveEncoder(nn.Module encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        AtomicFile.WriteWeights(EncoderWeights, encoder);
    }

    /// <summary>Loads the weights of the run into an encoder of the same kind.</summary>
    /// <param name="encoder">The encoder.</param>
    public void LoadEncoder(nn.Module encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        encoder.load(EncoderWeights);
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

    private TOptions ReadOptions<TOptions>()
    {
        try
        {
            return JsonSerializer.Deserialize<TOptions>(System.IO.File.ReadAllText(ConfigFile), PretrainOptions.Json)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{ConfigFile}' is damaged: {e.Message}", e);
        }
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
