using System.CommandLine;
using System.Globalization;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Scores the frozen encoder of a finished run by the votes of nearest neighbours.</summary>
public static class KnnCommand
{
    private static readonly NeighbourOptions Defaults = new();

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var shared = new EvaluationArguments();
        shared.Output.Description = "The result; by default knn.json in the run folder.";
        shared.Output.HelpName = "FILE";
        var neighbours = ListOption.Create(
            "--k", "How many training images vote; every value is reported. The literature compares at 20 or 200.", Defaults.Neighbours);
        var temperature = DefaultedOption.Create(
            "--temperature", "Votes weigh exp(similarity / temperature).", Defaults.Temperature);
        var untrained = new Option<bool>("--untrained") { Description = "Score the same encoder with random weights too." };
        var command = new Command("knn", "Score a pretrained encoder by the weighted votes of nearest neighbours.");
        shared.AddTo(command);
        command.Options.Add(neighbours);
        command.Options.Add(temperature);
        command.Options.Add(untrained);
        command.SetAction(arguments =>
        {
            var protocol = new NeighbourOptions { Neighbours = arguments.GetValue(neighbours)!, Temperature = arguments.GetValue(temperature) };
            protocol.Validate();
            var (folder, options) = shared.Open(arguments);
            var output = arguments.GetValue(shared.Output) ?? Path.Combine(folder.Path, "knn.json");
            ResultFile.Reserve(output, shared.Force(arguments));
            var run = EvaluatedRun.Load(folder, options, shared.Seed(arguments, options));
            return Run(run, protocol, arguments.GetValue(untrained), output);
        });
        return command;
    }

    private static int Run(EvaluatedRun run, NeighbourOptions protocol, bool untrained, string output)
    {
        Console.WriteLine($"knn: {run.Options.Dataset}, {run.Images.Train.Count} images vote on {run.Test.Count}");
        var before = untrained ? Score(run.Untrained(), run, protocol).Scores : null;
        var (after, chosen) = Score(run.Pretrained(), run, protocol);
        var report = new NeighbourReport(run.Setting(), protocol.Temperature, after, before) { ChosenNeighbours = chosen };
        ResultFile.Write(output, report);
        WriteTable(before, after);
        Console.WriteLine(report.Choice);
        var scores = string.Join(", ", after.Select(score => string.Create(CultureInfo.InvariantCulture, $"k={score.Neighbours} {score.Top1:P2}")));
        Console.WriteLine($"knn: top-1 {scores}; wrote {output}");
        return 0;
    }

    private static (IReadOnlyList<NeighbourScore> Scores, int? Chosen) Score(ResNet encoder, EvaluatedRun run, NeighbourOptions protocol)
    {
        using (encoder)
        using (var features = FeatureExtractor.Extract(encoder, run.Images, run.Device, run.Options.Normalisation))
        {
            int? chosen = features.HeldOut is null ? null : NearestNeighbours.Choose(features, run.Classes, protocol);
            return (NearestNeighbours.Evaluate(features.Train, features.Test, run.Classes, protocol), chosen);
        }
    }

    private static void WriteTable(IReadOnlyList<NeighbourScore>? before, IReadOnlyList<NeighbourScore> after)
    {
        var table = before is null ? new ResultTable("pretrained") : new ResultTable("untrained", "pretrained");
        for (int i = 0; i < after.Count; i++)
        {
            double[] scores = before is null ? [after[i].Top1] : [before[i].Top1, after[i].Top1];
            table.AddRow($"{after[i].Neighbours}-NN, top-1", scores, "P2");
        }

        table.Write();
    }
}
