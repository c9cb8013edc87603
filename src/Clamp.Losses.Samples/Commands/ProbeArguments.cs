using System.CommandLine;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The options that say how a linear probe is trained.</summary>
internal sealed class ProbeArguments
{
    private static readonly ProbeOptions Defaults = new();

    private readonly Option<int> _epochs = new("--epochs")
    {
        Description = "Passes over the training images.",
        DefaultValueFactory = _ => Defaults.Epochs,
    };

    private readonly Option<int> _batchSize = new("--batch-size")
    {
        Description = "Images in a batch.",
        DefaultValueFactory = _ => Defaults.BatchSize,
    };

    private readonly Option<double[]> _learningRates = ListOption.Create(
        "--learning-rates", "The learning rates to try; the one that does best on the training images held out is used.", Defaults.LearningRates);

    private readonly Option<double> _weightDecay = new("--weight-decay")
    {
        Description = "The classifier's weight decay.",
        DefaultValueFactory = _ => Defaults.WeightDecay,
    };

    private readonly Option<ProbeOptimizer?> _optimizer = NamedOption.Create<ProbeOptimizer>(
        "--optimizer", "What trains the classifier; by default sgd, with momentum 0.9.", "sgd", "adamw");

    private readonly Option<bool> _augment = new("--augment")
    {
        Description = "Crop and flip the training images anew in every epoch, as the run did, and compute the features again.",
    };

    public Option<bool> Untrained { get; } = new("--untrained") { Description = "Score the same encoder with random weights too." };

    public void AddTo(Command command)
    {
        Option[] options = [_epochs, _batchSize, _optimizer, _learningRates, _weightDecay, _augment, Untrained];
        Array.ForEach(options, command.Options.Add);
    }

    public ProbeOptions Options(ParseResult arguments)
    {
        var options = Defaults with
        {
            Epochs = arguments.GetValue(_epochs),
            BatchSize = arguments.GetValue(_batchSize),
            Optimizer = arguments.GetValue(_optimizer) ?? Defaults.Optimizer,
            LearningRates = arguments.GetValue(_learningRates)!,
            WeightDecay = arguments.GetValue(_weightDecay),
            Augment = arguments.GetValue(_augment),
        };
        options.Validate();
        return options;
    }
}
