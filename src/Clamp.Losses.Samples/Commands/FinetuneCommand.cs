using System.CommandLine;
using System.Globalization;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Trains the whole network of a finished run on few labelled images: semi-supervised learning.</summary>
public static class FinetuneCommand
{
    private const int ProgressLines = 10;

    private static readonly FinetuneOptions Defaults = new();

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var shared = new EvaluationArguments();
        shared.Output.Description = "The folder of the result; by default finetune-FRACTION or finetune-LIST in the run folder.";
        shared.Output.HelpName = "DIR";
        var labels = new LabelArguments();
        var fromScratch = new Option<bool>("--from-scratch")
        {
            Description = "Train the same network from random weights too, the encoder at the full rate, to see the gain.",
        };
        var epochs = DefaultedOption.Create("--epochs", "Passes over the labelled images.", Defaults.Epochs);
        var batchSize = DefaultedOption.Create("--batch-size", "Images in a batch.", Defaults.BatchSize);
        var preset = new ProtocolPreset<FinetuneOptions>("finetune");
        var learningRates = ListOption.Create(
            "--learning-rates", "Instead of one: rates to try; the one that does best on the training images held out is used.", Defaults.LearningRates);
        var learningRate = DefaultedOption.Create("--learning-rate", "The peak learning rate of the classifier: SGD, Nesterov momentum 0.9.", Defaults.LearningRate);
        var scale = DefaultedOption.Create("--encoder-rate-scale", "What the rate is multiplied by for the encoder.", Defaults.EncoderRateScale);
        var weightDecay = DefaultedOption.Create("--weight-decay", "The weight decay.", Defaults.WeightDecay);

        var command = new Command("finetune", "Train a pretrained network on few labelled images, and score it on the test images.");
        shared.AddTo(command);
        labels.AddTo(command);
        Option[] others = [preset.Option, fromScratch, epochs, batchSize, learningRate, learningRates, scale, weightDecay];
        Array.ForEach(others, command.Options.Add);
        command.SetAction(arguments =>
        {
            var begin = preset.Of(arguments);
            var isOneRate = arguments.IsGiven(learningRate);
            var protocol = begin with
            {
                Epochs = arguments.Given(epochs, begin.Epochs),
                BatchSize = arguments.Given(batchSize, begin.BatchSize),
                LearningRate = arguments.Given(learningRate, begin.LearningRate),
                LearningRates = arguments.Given(learningRates, isOneRate ? [] : begin.LearningRates),
                EncoderRateScale = arguments.Given(scale, begin.EncoderRateScale),
                WeightDecay = arguments.Given(weightDecay, begin.WeightDecay),
            };
            protocol.Validate();
            var choice = labels.Choice(arguments);
            var (folder, options) = shared.Open(arguments);
            var output = new FinetuneFolder(arguments.GetValue(shared.Output) ?? Path.Combine(folder.Path, $"finetune-{choice.Name}"));
            output.Reserve(shared.Force(arguments));
            var run = EvaluatedRun.Load(folder, options, shared.Seed(arguments, options));
            return Run(run, choice, protocol, preset.Told(arguments, protocol), arguments.GetValue(fromScratch), output);
        });
        return command;
    }

    private static int Run(EvaluatedRun run, LabelChoice choice, FinetuneOptions protocol, string? preset, bool fromScratch, FinetuneFolder output)
    {
        var positions = choice.Of(run.Images.Train, run.Seed);
        Console.WriteLine(
            $"finetune: {run.Options.Dataset}, {positions.Length} of {run.Images.Train.Count} training images labelled, "
            + $"scored on {run.Test.Count} images{(preset is null ? "" : $"; {preset}")}");
        var scratch = fromScratch ? Train("from scratch", run.Untrained, run, positions, protocol with { EncoderRateScale = 1 }) : null;
        var pretrained = Train("pretrained", run.Pretrained, run, positions, protocol, output.SaveWeights);
        output.SaveLabels(positions);
        output.SaveReport(new FinetuneReport(run.Setting(), positions.Length, choice.Fraction, choice.List, pretrained, scratch) { Preset = preset });
        WriteTable(scratch, pretrained);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"finetune: top-1 {pretrained.Test.Top1:P2}, top-5 {pretrained.Test.Top5:P2}, learning rate {pretrained.Protocol.LearningRate}; wrote {output.Path}"));
        return 0;
    }

    private static FinetuneResult Train(
        string name, Func<ResNet> encoder, EvaluatedRun run, int[] labelled, FinetuneOptions protocol, Action<ImageClassifier>? save = null)
    {
        ImageClassifier Create()
        {
            var made = encoder();
            return new ImageClassifier(made, made.FeatureWidth, run.Classes, run.Device);
        }

        var sweep = protocol.LearningRates.Count == 0 ? [] : Sweep(name, Create, run, labelled, protocol);
        protocol = sweep.Count == 0 ? protocol : protocol with { LearningRate = sweep.MaxBy(rate => rate.HeldOutTop1)!.LearningRate };
        using var network = Create();
        using var tuner = new FineTuner(network, run.Images.Train.Subset(labelled), run.Options.Augmentation, protocol, run.Seed, run.Device, run.Options.Normalisation);
        var interval = Math.Max(1, protocol.Epochs / ProgressLines);
        var loss = tuner.Run((epoch, mean) =>
        {
            if (epoch % interval == 0 || epoch == protocol.Epochs)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: epoch {epoch}/{protocol.Epochs}  loss {mean:F3}"));
            }
        });
        var result = new FinetuneResult(tuner.AccuracyOn(run.Test), loss, protocol) { Sweep = sweep };
        save?.Invoke(network);
        return result;
    }

    private static IReadOnlyList<ProbedRate> Sweep(
        string name, Func<ImageClassifier> create, EvaluatedRun run, int[] labelled, FinetuneOptions protocol) => FinetuneSweep.Of(
            create,
            run.Images,
            labelled,
            run.Options.Augmentation,
            protocol,
            run.Seed,
            run.Device,
            run.Options.Normalisation,
            rate => Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name}: learning rate {rate.LearningRate}, {rate.HeldOutTop1:P2} on held-out images")));

    private static void WriteTable(FinetuneResult? scratch, FinetuneResult pretrained)
    {
        var table = scratch is null ? new ResultTable("pretrained") : new ResultTable("from scratch", "pretrained");
        FinetuneResult[] results = scratch is null ? [pretrained] : [scratch, pretrained];
        table.AddRow("fine-tuned, top-1", results.Select(result => result.Test.Top1), "P2");
        table.AddRow("fine-tuned, top-5", results.Select(result => result.Test.Top5), "P2");
        table.AddRow("learning rate", results.Select(result => result.Protocol.LearningRate), "G");
        table.AddRow("final training loss", results.Select(result => result.FinalLoss), "F3");
        table.Write();
    }
}
