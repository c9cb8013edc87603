using System.CommandLine;
using System.Globalization;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Scores the frozen encoder of a finished run by a linear classifier on its features.</summary>
public static class ProbeCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var (shared, probe) = (new EvaluationArguments(), new ProbeArguments());
        shared.Output.Description = "The result; by default probe.json in the run folder.";
        shared.Output.HelpName = "FILE";
        var command = new Command("probe", "Score a pretrained encoder by a linear classifier on its frozen features.");
        shared.AddTo(command);
        probe.AddTo(command);
        command.SetAction(arguments =>
        {
            var (folder, options) = shared.Open(arguments);
            var protocol = probe.Options(arguments);
            var output = arguments.GetValue(shared.Output) ?? Path.Combine(folder.Path, "probe.json");
            ResultFile.Reserve(output, shared.Force(arguments));
            var run = EvaluatedRun.Load(folder, options, shared.Seed(arguments, options));
            return Run("probe", run, protocol, probe.Preset(arguments), arguments.GetValue(probe.Untrained), output);
        });
        return command;
    }

    internal static int Run(string name, EvaluatedRun run, ProbeOptions protocol, string? preset, bool untrained, string output)
    {
        Console.WriteLine(
            $"{name}: {run.Options.Dataset}, classifier trained on {run.Images.Train.Count} and scored on {run.Test.Count} images of "
            + $"{run.Images.Train.Height}x{run.Images.Train.Width}{(preset is null ? "" : $"; {preset}")}");
        if (protocol.LearningRateScaling != LearningRateScaling.None && protocol.BatchSize > run.Images.Train.Count)
        {
            Console.Error.WriteLine(
                $"warning: the learning rates are scaled for batches of {protocol.BatchSize} images, but there are only {run.Images.Train.Count}.");
        }

        var before = untrained ? Probe(run.Untrained(), run, protocol) : null;
        var after = Probe(run.Pretrained(), run, protocol);
        ResultFile.Write(output, new ProbeReport(run.Setting(), protocol, after, before) { Preset = preset });
        WriteTable(before, after);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: top-1 {after.Test.Top1:P2}, top-5 {after.Test.Top5:P2}, learning rate {after.LearningRate}; wrote {output}"));
        return 0;
    }

    private static ProbeResult Probe(ResNet encoder, EvaluatedRun run, ProbeOptions protocol)
    {
        using (encoder)
        using (var features = FeatureExtractor.Extract(encoder, run.Images, run.Device, run.Options.Normalisation))
        {
            var augmentation = new MultiViewAugmentation([run.Options.Augmentation.CropsAndFlips()], run.Seed, run.Options.Normalisation);
            var seen = protocol.Augment
                ? features with { Augmented = epoch => FeatureExtractor.ExtractViews(encoder, run.Images.Train, augmentation, epoch, run.Device) }
                : features;
            return LinearProbe.Evaluate(seen, run.Classes, run.Seed, protocol);
        }
    }

    private static void WriteTable(ProbeResult? before, ProbeResult after)
    {
        var table = before is null ? new ResultTable("pretrained") : new ResultTable("untrained", "pretrained");
        ProbeResult[] results = before is null ? [after] : [before, after];
        table.AddRow("linear probe, top-1", results.Select(result => result.Test.Top1), "P2");
        table.AddRow("linear probe, top-5", results.Select(result => result.Test.Top5), "P2");
        table.AddRow("learning rate chosen", results.Select(result => result.LearningRate), "G");
        table.Write();
    }
}
