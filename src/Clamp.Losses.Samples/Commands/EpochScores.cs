using System.Globalization;
using System.Text;
using Clamp.Losses.Training;
using Spectre.Console;

namespace Clamp.Losses.Samples.Commands;

/// <summary>
/// Scores the encoder at the end of every so many epochs, takes the paper's figures of a held-out batch, and adds both to the run's
/// scores.csv and TensorBoard log. Everything is told on to the display.
/// </summary>
/// <param name="trainer">The training.</param>
/// <param name="scorer">What scores; null where nothing can be scored.</param>
/// <param name="heldOut">The images held out, for the paper's figures; null for none.</param>
/// <param name="every">Epochs from one score to the next, at least 1.</param>
/// <param name="folder">The run's folder.</param>
/// <param name="quiet">Whether nothing is written to the console.</param>
internal sealed class EpochScores(Pretrainer trainer, HeldOutScorer? scorer, ImageSource? heldOut, int every, RunFolder folder, bool quiet)
{
    private const string File = "scores.csv";
    private const string Header = "step,epoch,linear_probe,knn_20,paper_neighbours,paper_radius";

    // Scores of steps that a killed process did, and that are done again, would stand there twice.
    private readonly List<string> _lines = [Header, .. Earlier(Path.Combine(folder.Path, File), trainer.StepsDone)];
    private readonly TensorBoardLog _log = new(Path.Combine(folder.TensorBoardFolder, "held_out"), trainer.StepsDone);

    /// <summary>What was scored last, and after which step.</summary>
    public (int Step, EncoderScore Score)? Last { get; private set; }

    /// <summary>A display that scores, too.</summary>
    public IRunProgress Over(IRunProgress display) => new Display(this, display);

    private static IEnumerable<string> Earlier(string file, int stepsDone) => System.IO.File.Exists(file)
        ? System.IO.File.ReadAllLines(file).Skip(1).Where(line => int.TryParse(line.Split(',')[0], out var step) && step <= stepsDone)
        : [];

    private void ScoreIfDue(StepMetrics step)
    {
        if (step.Step % (trainer.StepsPerEpoch * every) != 0)
        {
            return;
        }

        var score = scorer?.Score(trainer.Encoder);
        Last = score is null ? null : (step.Step, score);
        var figures = heldOut is { Count: >= 2 } ? trainer.FiguresOf(heldOut, step.Epoch - 1) : null;
        _lines.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{step.Step},{step.Epoch},{score?.LinearProbe:F6},{score?.NearestNeighbours:F6},{figures?.Neighbours:F4},{figures?.Radius:F6}"));
        folder.Write(File, Encoding.UTF8.GetBytes(string.Join('\n', _lines) + '\n'));
        (string Tag, double? Value)[] scalars =
        [
            ("held_out/linear_probe", score?.LinearProbe),
            ("held_out/knn_20", score?.NearestNeighbours),
            ("paper/neighbours", figures?.Neighbours),
            ("paper/radius", figures?.Radius),
        ];
        foreach (var (tag, value) in scalars)
        {
            if (value is not null)
            {
                _log.Write(step.Step, tag, value.Value);
            }
        }

        if (!quiet && score is not null)
        {
            Tell(string.Create(
                CultureInfo.InvariantCulture,
                $"epoch {step.Epoch}, on {scorer!.Count} held-out images: "
                + $"{(score.LinearProbe is null ? "" : $"linear probe {score.LinearProbe:P1}, ")}20-NN {score.NearestNeighbours:P1}"));
        }
    }

    // Above a live bar, where there is one.
    private static void Tell(string line)
    {
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine(line);
        }
        else
        {
            AnsiConsole.WriteLine(line);
        }
    }

    private sealed class Display(EpochScores scores, IRunProgress display) : IRunProgress
    {
        public void Report(StepMetrics metrics)
        {
            display.Report(metrics);
            scores.ScoreIfDue(metrics);
        }

        public void Warn(string message) => display.Warn(message);
    }
}
