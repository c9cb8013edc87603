using System.CommandLine;
using System.Globalization;
using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Samples.Evaluation;
using Clamp.Losses.Samples.Models;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Scores the frozen encoder of a finished run by the votes of nearest neighbours.</summary>
public static class KnnCommand
{
    private static readonly int[] DefaultNeighbours = [1, 5, 10, 20, 50, 100, 200];

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var shared = new EvaluationArguments();
        shared.Output.Description = "The result; by default knn.json in the run folder.";
        shared.Output.HelpName = "FILE";
        var neighbours = new Option<int[]>("--k")
        {
            Description = "How many training images vote; every value is reported. The literature compares at 20 or 200.",
            DefaultValueFactory = _ => DefaultNeighbours,
            AllowMultipleArgumentsPerToken = true,
        };
        var temperature = new Option<double>("--temperature")
        {
            Description = "Votes weigh exp(similarity / temperature).",
            DefaultValueFactory = _ => NearestNeighbours.DefaultTemperature,
        };
        var untrained = new Option<bool>("--untrained") { Description = "Score the same encoder with random weights too." };
        var command = new Command("knn", "Score a pretrained encoder by the weighted votes of nearest neighbours.");
        shared.AddTo(command);
        command.Options.Add(neighbours);
        command.Options.Add(temperature);
        command.Options.Add(untrained);
        command.SetAction(arguments =>
        {
            var (folder, options) = shared.Open(arguments);
            var (counts, heat) = (arguments.GetValue(neighbours)!, arguments.GetValue(temperature));
            Check(counts, heat);
            var output = arguments.GetValue(shared.Output) ?? Path.Combine(folder.Path, "knn.json");
            ResultFile.Reserve(output, shared.Force(arguments));
            var run = EvaluatedRun.Load(folder, options, shared.Seed(arguments, options));
            return Run(run, counts, heat, arguments.GetValue(untrained), output);
        });
        return command;
    }

    private static void Check(int[] neighbours, double temperature) => OptionRules.Check(
        (neighbours.Length == 0 || neighbours.Min() < 1, "--k", string.Join(' ', neighbours), "at least 1"),
        (!(temperature > 0 && double.IsFinite(temperature)), "--temperature", temperature, "a finite number above 0"));

    private static int Run(EvaluatedRun run, int[] neighbours, double temperature, bool untrained, string output)
    {
        Console.WriteLine($"knn: {run.Options.Dataset}, {run.Images.Train.Count} images vote on {run.Images.Test.Count}");
        var before = untrained ? Score(run.Untrained(), run, neighbours, temperature) : null;
        var after = Score(run.Pretrained(), run, neighbours, temperature);
        var report = new NeighbourReport(run.Setting(), temperature, after, before);
        ResultFile.Write(output, report);
        WriteTable(before, after);
        Console.WriteLine(report.Choice);
        var scores = string.Join(", ", after.Select(score => string.Create(CultureInfo.InvariantCulture, $"k={score.Neighbours} {score.Top1:P2}")));
        Console.WriteLine($"knn: top-1 {scores}; wrote {output}");
        return 0;
    }

    private static IReadOnlyList<NeighbourScore> Score(ResNet encoder, EvaluatedRun run, int[] neighbours, double temperature)
    {
        using (encoder)
        using (var features = FeatureExtractor.Extract(encoder, run.Images, run.Device))
        {
            return NearestNeighbours.Evaluate(features.Train, features.Test, run.Classes, neighbours, temperature);
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
