using System.CommandLine;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options that say how a linear probe is trained; what is given wins over the preset.</summary>
internal sealed class ProbeArguments
{
    private static readonly ProbeOptions Defaults = new();

    private readonly ProtocolPreset<ProbeOptions> _preset = new("probe");

    private readonly Option<int> _epochs = DefaultedOption.Create("--epochs", "Passes over the training images.", Defaults.Epochs);

    private readonly Option<int> _batchSize = DefaultedOption.Create("--batch-size", "Images in a batch.", Defaults.BatchSize);

    private readonly Option<double[]> _learningRates = ListOption.Create(
        "--learning-rates", "The learning rates to try; the one that does best on the training images held out is used.", Defaults.LearningRates);

    private readonly Option<LearningRateScaling?> _scaling = NamedOption.Create<LearningRateScaling>(
        "--learning-rate-scaling", "How the learning rates follow the batch: not, the default, times B / 256, or its root.", "none", "linear", "square-root");

    private readonly Option<double> _weightDecay = DefaultedOption.Create("--weight-decay", "The classifier's weight decay.", Defaults.WeightDecay);

    private readonly Option<ProbeOptimizer?> _optimizer = NamedOption.Create<ProbeOptimizer>(
        "--optimizer", "What trains the classifier; by default sgd, with momentum 0.9.", "sgd", "adam", "adamw");

    private readonly Option<bool?> _augment = new("--augment")
    {
        Description = "Crop and flip the training images anew in every epoch, as the run did, and compute the features again.",
        HelpName = "true|false",
    };

    private readonly Option<bool?> _standardise = new("--standardise")
    {
        Description = "Bring features to mean 0 and deviation 1 first; by default true.",
        HelpName = "true|false",
    };

    public Option<bool> Untrained { get; } = new("--untrained") { Description = "Score the same encoder with random weights too." };

    public void AddTo(Command command)
    {
        Option[] options =
            [_preset.Option, _epochs, _batchSize, _optimizer, _learningRates, _scaling, _weightDecay, _augment, _standardise, Untrained];
        Array.ForEach(options, command.Options.Add);
    }

    /// <summary>The preset that is given, in words (<see cref="ProtocolPreset{T}.Told"/>).</summary>
    public string? Preset(ParseResult arguments) => _preset.Told(arguments, Options(arguments));

    public ProbeOptions Options(ParseResult arguments)
    {
        var preset = _preset.Of(arguments);
        var options = preset with
        {
            Epochs = arguments.Given(_epochs, preset.Epochs),
            BatchSize = arguments.Given(_batchSize, preset.BatchSize),
            Optimizer = arguments.GetValue(_optimizer) ?? preset.Optimizer,
            LearningRates = arguments.Given(_learningRates, preset.LearningRates),
            LearningRateScaling = arguments.GetValue(_scaling) ?? preset.LearningRateScaling,
            WeightDecay = arguments.Given(_weightDecay, preset.WeightDecay),
            Augment = arguments.GetValue(_augment) ?? preset.Augment,
            Standardise = arguments.GetValue(_standardise) ?? preset.Standardise,
        };
        options.Validate();
        return options;
    }
}
