using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clamp.Losses.Mpi;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>
/// The command that times the loss of a batch that the processes of mpirun share, and counts what they send. Processes on one machine
/// share its cores.
/// </summary>
internal static class GroupStepCommand
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private const int Steps = 51;

    /// <summary>The command; its exit code is 0.</summary>
    public static Command Create()
    {
        var command = new Command("group-step", "Times the loss over the processes that mpirun started, and counts the bytes they send.");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        using var group = new MpiProcessGroup();
        set_num_threads(Math.Max(1, Environment.ProcessorCount / group.LocalWorldSize));
        Say(group, $"Processes: {group.WorldSize}, of {get_num_threads()} threads. Medians of {Steps} steps.");
        Say(group, $"");
        Say(group, $"| embeddings of all | Fused, ms | sent by a process, KB | embeddings gathered, KB | ratio |");
        Say(group, $"|---|---|---|---|---|");
        foreach (var size in LossThroughput.Sizes)
        {
            Time(group, size);
        }
    }

    private static void Time(MpiProcessGroup group, BatchSize size)
    {
        manual_seed(1 + group.Rank);
        var images = size.Images * (group.Rank + 1) / group.WorldSize - size.Images * group.Rank / group.WorldSize;
        using var embeddings = TrainingPhase.Early.Embeddings(size with { Images = images }).requires_grad_();
        using var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = size.RadiusScale, Backend = ClampBackend.Fused }, group);
        WarmedUp(group, () => TimedStep.ForwardAndBackward(criterion.forward, embeddings));
        var (sent, times) = (group.BytesSent, new double[Steps]);
        for (int step = 0; step < Steps; step++)
        {
            var started = Stopwatch.GetTimestamp();
            TimedStep.ForwardAndBackward(criterion.forward, embeddings);
            times[step] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        var bytes = (double)(group.BytesSent - sent) / Steps;
        var gathered = 4.0 * embeddings.numel();
        var ratio = bytes == 0 ? "-" : (gathered / bytes).ToString("0.0", CultureInfo.InvariantCulture);
        Say(group, $"| {size} | {times[Steps / 2]:0.00} | {bytes / 1e3:0.0} | {(bytes == 0 ? 0 : gathered / 1e3):0.0} | {ratio} |");
    }

    /// <summary>All go on after the same number of steps.</summary>
    private static void WarmedUp(MpiProcessGroup group, Action step)
    {
        using var going = zeros(1);
        var clock = Stopwatch.StartNew();
        do
        {
            step();
            going.fill_(clock.Elapsed < WarmUp ? 1 : 0);
            group.AllReduceSum(going);
        }
        while (going.item<float>() > 0);
    }

    private static void Say(MpiProcessGroup group, FormattableString text)
    {
        if (group.Rank == 0)
        {
            Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
        }
    }
}
