using System.CommandLine;
using System.Globalization;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options of pretraining on the command line, and the settings that they change.</summary>
internal sealed class PretrainArguments
{
    private readonly Option<string?> _preset = new("--preset")
    {
        Description = $"Settings to begin with: {string.Join(", ", PresetFiles.Names)}. The defaults are shapes-cpu's.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _config = new("--config")
    {
        Description = "A JSON file of settings over the preset's, such as a run's config.json.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Any setting, such as Clamp:RadiusScale=7; may be repeated, and wins over all else. In the environment it is "
            + "CLAMP_Clamp__RadiusScale=7, which wins over files. --print-config shows every name.",
        HelpName = "KEY=VALUE",
    };

    private readonly DatasetArguments _dataset = new();
    private readonly NormalisationArguments _normalisation = new();
    private readonly List<Option> _options = [];
    private readonly List<Func<ParseResult, IEnumerable<KeyValuePair<string, string?>>>> _settings = [];

    public PretrainArguments()
    {
        var defaults = new RunOptions();
        _settings.Add(arguments => arguments.IsGiven(_dataset.Manifest)
            ? [KeyValuePair.Create(nameof(defaults.Dataset), (string?)nameof(DatasetKind.ImageFolder))]
            : []);
        Add(_dataset.Dataset, nameof(defaults.Dataset));
        Add(_dataset.DataRoot, nameof(defaults.DataRoot));
        Add(_dataset.Manifest, nameof(defaults.Manifest));
        Add(_dataset.TestManifest, nameof(defaults.TestManifest));
        _options.Add(_dataset.Download);
        Add(_dataset.AllowPartial, nameof(defaults.AllowPartial));
        Add(_dataset.StreamImages, nameof(defaults.StreamImages));
        Add(_dataset.EvaluationResize, nameof(defaults.EvaluationResize));
        Add(_dataset.EvaluationInterpolation, nameof(defaults.EvaluationInterpolation));
        Add(_dataset.TrainImages, nameof(defaults.TrainImages));
        Add(_dataset.TestImages, nameof(defaults.TestImages));
        Add(_dataset.ValidationShare, nameof(defaults.ValidationShare));
        Add(
            "--image-size",
            "The side that shapes and image folders are brought to, in pixels.",
            nameof(defaults.ImageSize),
            defaults.ImageSize);
        _options.AddRange(_normalisation.All);
        _settings.Add(_normalisation.Settings);
        Add(
            NamedOption.Encoder("What is trained; by default tiny, which trains on about 800 views/s on 2 cores."),
            nameof(defaults.Encoder));
        Add(
            NamedOption.Create<Precision>(
                "--precision",
                "What the encoder computes in while training, by default float32; weights and loss are float32 always.",
                "float32",
                "bfloat16"),
            nameof(defaults.Precision));
        Add(
            new Option<FileInfo?>("--init")
            {
                Description = "Begin from the encoder of a safetensors file with torchvision's names, or of a finished run's folder.",
                HelpName = "FILE|DIR",
            },
            nameof(defaults.Init));
        AddProjection(defaults);
        Add("--epochs", "Passes over the training images.", nameof(defaults.Epochs), defaults.Epochs);
        Add("--batch-size", "Images in a batch, B, over all processes.", nameof(defaults.BatchSize), defaults.BatchSize);
        Add("--views", "Views of each image, V.", nameof(defaults.Views), defaults.Views);
        Add(
            NamedOption.Create<LossKind>(
                "--loss", "What is minimised; by default clamp.", "clamp", "nt-xent", "vicreg", "barlow-twins", "mmcr", "alignment-uniformity"),
            nameof(defaults.Loss));
        Add(
            "--chunk",
            "Images that the encoder takes at once, over all processes, to bound memory; 0 for the whole batch. With clamp alone.",
            nameof(defaults.Chunk),
            defaults.Chunk);
        Add(
            new Option<bool>("--average-gradients")
            {
                Description = "Average the gradients of several processes, as the paper's code does, instead of adding them up.",
            },
            nameof(defaults.AverageGradients));
        Add(NamedOption.Create<OptimizerKind>("--optimizer", "What takes the steps; by default adamw.", "adamw", "sgd", "lars"), nameof(defaults.Optimizer));
        Add("--learning-rate", "The peak learning rate.", nameof(defaults.LearningRate), defaults.LearningRate);
        Add("--weight-decay", "The weight decay.", nameof(defaults.WeightDecay), defaults.WeightDecay);
        Add(
            "--radius-scale",
            "r_s, the size of a sub-manifold: larger repels further.",
            $"{nameof(defaults.Clamp)}:{nameof(defaults.Clamp.RadiusScale)}",
            defaults.Clamp.RadiusScale);
        Add("--seed", "Seeds weights, order, augmentation, subsets and probe.", nameof(defaults.Seed), defaults.Seed);
    }

    public void AddTo(Command command)
    {
        Option[] all = [_preset, _config, .. _options, _set];
        Array.ForEach(all, command.Options.Add);
    }

    /// <summary>Fetches the data set's files when --download is given.</summary>
    public void Fetch(ParseResult arguments, RunOptions options) => _dataset.Fetch(arguments, options.Dataset, options.DataRoot);

    public string? Preset(ParseResult arguments) => arguments.GetValue(_preset);

    /// <summary>The options: defaults, then preset, file, environment, named options and --set, each over the one before.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="resumed">The settings of the run to go on with, to begin with instead of the defaults; none for a new run.</param>
    /// <param name="last">Laid over all else.</param>
    /// <returns>Valid options.</returns>
    public RunOptions Resolve(ParseResult arguments, ConfigurationLayer? resumed, params ConfigurationLayer[] last)
    {
        var layers = new List<ConfigurationLayer>();
        if (resumed is not null)
        {
            layers.Add(resumed);
        }

        if (arguments.GetValue(_preset) is { } preset)
        {
            layers.Add(PresetFiles.Load(preset));
        }

        if (arguments.GetValue(_config) is { } file)
        {
            layers.Add(ConfigurationLayer.FromFile(file));
        }

        layers.Add(ConfigurationLayer.FromEnvironment());
        layers.Add(ConfigurationLayer.FromValues(_settings.SelectMany(setting => setting(arguments)), "--"));
        layers.Add(ConfigurationLayer.FromValues(arguments.GetValue(_set)!.Select(Assignment), "--set "));
        return PretrainConfiguration.Resolve([.. layers, .. last]);
    }

    // Without '=' the whole is taken for a key with nothing to it, which no setting but an optional one allows.
    private static KeyValuePair<string, string?> Assignment(string text)
    {
        var parts = text.Split('=', 2);
        return KeyValuePair.Create(parts[0].Trim(), (string?)(parts.Length == 2 ? parts[1].Trim() : ""));
    }

    private void AddProjection(RunOptions defaults)
    {
        var projection = ListOption.Create("--projection", "The widths of the projection head's layers; the last is D.", defaults.Projection);
        _options.Add(projection);
        _settings.Add(arguments => arguments.IsGiven(projection)
            ? [KeyValuePair.Create(nameof(defaults.Projection), (string?)string.Join(' ', arguments.GetValue(projection)!))]
            : []);
    }

    private void Add<T>(string name, string description, string key, T defaultValue) =>
        Add(DefaultedOption.Create(name, description, defaultValue), key);

    private void Add<T>(Option<T> option, string key)
    {
        _options.Add(option);
        _settings.Add(arguments => arguments.IsGiven(option)
            ? [KeyValuePair.Create(key, Text(arguments.GetValue(option)))]
            : []);
    }

    private static string? Text(object? value) =>
        value is FileSystemInfo path ? path.FullName : Convert.ToString(value, CultureInfo.InvariantCulture);
}
