using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

/// <summary>
/// Whole trainings by groups of threads, beside those of one process. Alone, because weights are drawn from torch's generator, which is
/// the process's.
/// </summary>
[Collection(nameof(PretrainerTests))]
public sealed class ManyProcessesTests
{
    private const int Steps = 20;

    // 23 images: batches of 11 and 12, which no number of processes here divides.
    private static readonly MemoryImages Images = ShapesGenerator.Generate(23, 16, seed: 1);

    // Small steps: with fifty times as large ones, a change of 1e-7 in one weight grows to 1e-2 in 20 steps on one process, too.
    private static readonly RunOptions Options = SmallRun.Options with
    {
        BatchSize = 12,
        Epochs = Steps / 2,
        Optimizer = OptimizerKind.Sgd,
        LearningRate = 2e-5,
        WarmupShare = 0,
    };

    private static readonly Lazy<Trained> Alone = new(() => Train(1, Options)[0]);

    [Theory]
    [InlineData(2, 0)]
    [InlineData(4, 0)]
    [InlineData(3, 5)]
    public void Run_TwentyStepsOnAnyNumberOfProcesses_GivesTheSameWeights(int processes, int chunk)
    {
        var options = Options with { Chunk = chunk };
        var initial = Train(1, options, steps: 0)[0];
        var alone = chunk == 0 ? Alone.Value : Train(1, options)[0];

        var together = Train(processes, options);

        together.Should().AllSatisfy(rank => rank.Losses.Should().HaveCount(Steps).And.Equal(together[0].Losses));
        together.Should().AllSatisfy(rank => rank.Weights.Should().Equal(together[0].Weights, "ranks must not drift apart by a bit"));
        Error(together[0].Weights, alone.Weights).Should().BeLessThan(1e-5);
        Error(initial.Weights, alone.Weights).Should().BeGreaterThan(2e-4, "there must be something to get wrong");
    }

    [Theory]
    [InlineData(LossKind.NtXent)]
    [InlineData(LossKind.VicReg)]
    [InlineData(LossKind.BarlowTwins)]
    [InlineData(LossKind.Mmcr)]
    [InlineData(LossKind.AlignmentUniformity)]
    public void Run_AnyLoss_GivesTheSameWeights(LossKind loss)
    {
        var options = Options with { Loss = loss, Epochs = 2, LearningRate = 1e-5 };
        var alone = Train(1, options)[0];

        var together = Train(3, options);

        Error(together[0].Weights, alone.Weights).Should().BeLessThan(1e-5);
        together[0].Losses.Zip(alone.Losses).Should().OnlyContain(pair => Math.Abs(pair.First / pair.Second - 1) < 1e-3);
    }

    [Fact]
    public void Run_AveragingGradients_StepsByAShareOfThem()
    {
        var options = Options with { Epochs = 1, BatchSize = 23, LearningRate = 0.1, Momentum = 0, WeightDecay = 0 };
        var initial = Train(1, options, steps: 0)[0].Parameters;
        var sum = Train(2, options)[0].Parameters;

        var mean = Train(2, options with { AverageGradients = true })[0].Parameters;

        Error(Change(mean), [.. Change(sum).Select(change => change / 2)]).Should().BeLessThan(1e-3);

        double[] Change(double[] after) => [.. after.Zip(initial, (a, b) => a - b)];
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    [InlineData(1, 2)]
    public void Load_OnAnotherNumberOfProcesses_GoesOn(int before, int after)
    {
        var alone = Alone.Value;
        var saved = Train(before, Options, steps: 7)[0].State;

        var resumed = Train(after, Options, load: saved);

        resumed.Should().AllSatisfy(rank => rank.Losses.Should().HaveCount(Steps - 7));
        resumed.Should().AllSatisfy(rank => rank.Weights.Should().Equal(resumed[0].Weights));
        Error(resumed[0].Weights, alone.Weights).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Load_OnTheSameNumberOfProcesses_GoesOnToTheSameBits()
    {
        var uninterrupted = Train(3, Options)[0];
        var saved = Train(3, Options, steps: 7)[0].State;

        var resumed = Train(3, Options, load: saved)[0];

        resumed.State.SequenceEqual(uninterrupted.State).Should().BeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Run_OneProcessIsAskedToStop_AllStopAfterTheSameStep(int asked)
    {
        var steps = ThreadGroup.Run(3, group =>
        {
            using var trainer = Trainer(Options, group);
            using var stop = new CancellationTokenSource();
            trainer.Run(
                step =>
                {
                    if (group.Rank == asked && step.Step == 4)
                    {
                        stop.Cancel();
                    }
                },
                stop: stop.Token);
            return trainer.StepsDone;
        });

        steps.Should().Equal(4, 4, 4);
    }

    [Fact]
    public void Run_OneProcessFailsToReport_AllEndWithItsErrorOnIt()
    {
        var act = () => ThreadGroup.Run(3, group =>
        {
            using var trainer = Trainer(Options, group);
            trainer.Run(step =>
            {
                if (group.Rank == 1 && step.Step == 3)
                {
                    throw new IOException("disk full");
                }
            });
            return 0;
        });

        act.Should().Throw<AggregateException>().Which.InnerExceptions.Select(exception => exception.GetType())
            .Should().BeEquivalentTo([typeof(IOException), typeof(OperationCanceledException), typeof(OperationCanceledException)]);
    }

    [Fact]
    public void Run_DivergedWeights_SaysSoOnEveryProcess()
    {
        var act = () => Train(3, Options with { LearningRate = 1e30 });

        act.Should().Throw<AggregateException>().Which.InnerExceptions.Should().HaveCount(3).And.AllBeOfType<TrainingDivergedException>();
    }

    [Fact]
    public void Run_ProcessesWithOtherOptions_NamesTheDifference()
    {
        var act = () => ThreadGroup.Run(2, group =>
        {
            using var trainer = Trainer(Options with { Momentum = group.Rank == 0 ? 0.9 : 0.8 }, group);
            trainer.Run(_ => { });
            return 0;
        });

        act.Should().Throw<AggregateException>().Which.InnerExceptions.OfType<InvalidOptionsException>().Should().ContainSingle()
            .Which.Message.Should().Contain("Momentum was 0.9 and is 0.8");
    }

    [Fact]
    public void FiguresOf_AndScores_OnOneProcessWaitForNoOther()
    {
        var figures = ThreadGroup.Run(2, group =>
        {
            using var trainer = Trainer(Options with { Epochs = 1 }, group);
            var radius = 0.0;
            trainer.Run(_ => radius = group.Rank == 0 ? trainer.FiguresOf(Images, epoch: 0).Radius : -1);
            return radius;
        });

        figures[0].Should().BeGreaterThan(0);
    }

    [Theory]
    [InlineData(0, 4, "BatchSize is 4; it must be larger: the smallest batch of an epoch has 3 images for 4 processes.")]
    [InlineData(3, 23, "Chunk is 3; it must be 0 or at least 4, the number of processes, each of which takes its share of a chunk.")]
    public void Constructor_LessImagesThanProcesses_IsRefused(int chunk, int batchSize, string message)
    {
        var act = () => ThreadGroup.Run(4, group => Trainer(Options with { Chunk = chunk, BatchSize = batchSize }, group));

        act.Should().Throw<AggregateException>().Which.InnerExceptions.Should().AllBeOfType<InvalidOptionsException>()
            .And.Contain(exception => exception.Message == message);
    }

    [Fact]
    public void Constructor_BatchNormOfOneProcess_IsRefused()
    {
        var act = () => ThreadGroup.Run(2, group =>
        {
            var own = nn.Sequential(("conv", nn.Conv2d(3, 4, 3)), ("norm", nn.BatchNorm2d(4)), ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()));
            return new Pretrainer(Options, Images, own, featureWidth: 4, group);
        });

        act.Should().Throw<AggregateException>().Which.InnerExceptions.Should().Contain(exception =>
            exception.Message == "The encoder's norm is a BatchNorm2d, which normalises by the images of one process of 2; build it with SyncBatchNorm.");
    }

    private static List<Trained> Train(int processes, RunOptions options, int? steps = null, byte[]? load = null) => [.. ThreadGroup.Run(processes, group =>
    {
        using var trainer = Trainer(options, group);
        var losses = new List<double>();

        // From here on nobody draws: the random numbers are part of what is saved.
        group.Barrier();
        if (load is not null && group.Rank == 0)
        {
            using var reader = new BinaryReader(new MemoryStream(load));
            trainer.Load(reader);
        }

        if (steps is not 0)
        {
            using var stop = new CancellationTokenSource();
            trainer.Run(
                step =>
                {
                    losses.Add(step.Loss);
                    if (step.Step == steps)
                    {
                        stop.Cancel();
                    }
                },
                stop: stop.Token);
        }

        using var scope = NewDisposeScope();
        return new Trained(losses, Numbers(trainer.Encoder.state_dict().Values), Numbers(trainer.Encoder.parameters()), trainer.State());
    })];

    // One after the other, since threads share the generator that processes have each their own of.
    private static Pretrainer Trainer(RunOptions options, IProcessGroup group)
    {
        lock (Images)
        {
            var encoder = options.InitialEncoder(CPU);
            return new(options, Images, encoder, encoder.FeatureWidth, group);
        }
    }

    private static double Error(double[] given, double[] expected) =>
        Math.Sqrt(given.Zip(expected, (a, b) => (a - b) * (a - b)).Sum() / expected.Sum(value => value * value));

    private static double[] Numbers(IEnumerable<Tensor> tensors) => [.. tensors.SelectMany(tensor => tensor.to(float64).data<double>().ToArray())];

    /// <summary>What a process ends with.</summary>
    /// <param name="Losses">Of the steps that it reported.</param>
    /// <param name="Weights">The encoder's weights and buffers.</param>
    /// <param name="Parameters">The weights alone.</param>
    /// <param name="State">All that it would save.</param>
    private sealed record Trained(List<double> Losses, double[] Weights, double[] Parameters, byte[] State);
}
