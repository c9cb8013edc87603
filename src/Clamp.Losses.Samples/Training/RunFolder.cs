using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Clamp.Losses.Samples.Models;

namespace Clamp.Losses.Samples.Training;

/// <summary>The folder of one run: config.json, metrics.csv, encoder.dat, training.png. A new run never writes into an old one's.</summary>
public sealed class RunFolder
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private RunFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The plot of the run.</summary>
    public string PlotFile => File("training.png");

    /// <summary>The weights of the trained encoder.</summary>
    public string EncoderFile => File("encoder.dat");

    private string ConfigFile => File("config.json");

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

        Directory.CreateDirectory(folder);
        var run = new RunFolder(folder);
        Replace(run.ConfigFile, beside => System.IO.File.WriteAllText(beside, JsonSerializer.Serialize(options, Json)));
        return run;
    }

    /// <summary>Opens the folder of an earlier run.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>The folder, and the options it was made with.</returns>
    /// <exception cref="FileNotFoundException">It is no run folder, or its training did not finish.</exception>
    /// <exception cref="InvalidDataException">Its config.json is damaged.</exception>
    public static (RunFolder Folder, PretrainOptions Options) Open(string path)
    {
        var run = new RunFolder(path);
        foreach (var file in new[] { run.ConfigFile, run.EncoderFile }.Where(file => !System.IO.File.Exists(file)))
        {
            throw new FileNotFoundException($"'{file}' does not exist; --run takes the folder of a finished pretraining.", file);
        }

        try
        {
            return (run, JsonSerializer.Deserialize<PretrainOptions>(System.IO.File.ReadAllText(run.ConfigFile), Json)!);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{run.ConfigFile}' is damaged: {e.Message}", e);
        }
    }

    /// <summary>Opens metrics.csv for writing.</summary>
    /// <returns>The writer; the caller disposes it.</returns>
    public MetricsWriter OpenMetrics() => new(File("metrics.csv"));

    /// <summary>Stores the weights of an encoder, all or nothing.</summary>
    /// <param name="encoder">The encoder.</param>
    public void SaveEncoder(ResNet encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        Replace(EncoderFile, beside => encoder.save(beside));
    }

    /// <summary>Loads the weights of the run into an encoder of the same kind.</summary>
    /// <param name="encoder">The encoder.</param>
    public void LoadEncoder(ResNet encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        encoder.load(EncoderFile);
    }

    // Written beside and renamed: a failure half-way leaves what was there.
    private static void Replace(string file, Action<string> write)
    {
        var beside = file + ".tmp";
        write(beside);
        System.IO.File.Move(beside, file, overwrite: true);
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
