namespace Clamp.Losses.Training.Tests;

/// <summary>
/// Native code reads what managed objects own; the garbage collector may free those at any time. Alone, because weights are drawn from
/// torch's generator, which is the process's.
/// </summary>
[Collection(nameof(PretrainerTests))]
public sealed class CollectionDuringTrainingTests
{
    private const int Files = 24;

    // Everything that makes a view, in every step.
    private static readonly AugmentationOptions Everything = new()
    {
        JitterProbability = 0.8,
        GrayscaleProbability = 0.5,
        BlurProbability = 0.5,
        SolarizeProbability = 0.5,
    };

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Sgd)]
    [InlineData(OptimizerKind.Lars)]
    public void Run_StreamedFilesWhileGarbageIsCollected_TrainsAsWithout(OptimizerKind optimizer)
    {
        var options = SmallRun.Options with { Optimizer = optimizer, Augmentation = Everything, Epochs = 16 };
        var undisturbed = Train(options);

        var disturbed = WhileCollecting(() => Train(options));

        undisturbed.Losses.Should().HaveCount(48).And.OnlyContain(loss => double.IsFinite(loss));
        disturbed.Losses.Should().Equal(undisturbed.Losses);
        disturbed.State.Should().Equal(undisturbed.State);
    }

    private static (List<double> Losses, byte[] State) Train(RunOptions options)
    {
        var files = new FileImages([.. Enumerable.Range(0, Files).Select(i => $"{i}")], options.ImageSize, path => new Stripes(int.Parse(path)));
        using var trainer = SmallRun.Trainer(options, files);
        var losses = new List<double>();
        trainer.Run(step => losses.Add(step.Loss));
        return (losses, trainer.State());
    }

    private static T WhileCollecting<T>(Func<T> work)
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            return work();
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }
}
