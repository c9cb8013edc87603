using Clamp.Losses.Training;
using Spectre.Console;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>Tells where the time of a training went.</summary>
internal static class StepTimeTable
{
    /// <summary>Writes a line for each part, with its share.</summary>
    /// <param name="times">The steps' times, added up.</param>
    /// <param name="seconds">The whole training, with what lies between the steps.</param>
    public static void Write(StepTimes times, double seconds)
    {
        var table = new Table().AddColumn("time").AddColumn("seconds").AddColumn("share");
        (string Part, double Seconds)[] parts =
        [
            ("data and augmentation", times.Data),
            ("encoder, forward and backward", times.Encoder),
            ("loss and its gradient", times.Loss),
            ("measuring the packing", times.Measurement),
            ("optimiser", times.Optimizer),
            ("logs and checkpoints", seconds - times.Total),
        ];
        foreach (var (part, spent) in parts)
        {
            table.AddRow(part, spent.ToString("F1"), (spent / seconds).ToString("P0"));
        }

        StandardOutput.Write(table);
    }
}
