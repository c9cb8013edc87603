namespace Clamp.Losses.Training.Tests;

/// <summary>Alone, because weights are drawn from torch's generator, which is the process's.</summary>
[CollectionDefinition(nameof(PretrainerTests), DisableParallelization = true)]
[Collection(nameof(PretrainerTests))]
public sealed class PretrainerTests
{
    private static readonly RunOptions Options = SmallRun.Options;

    [Fact]
    public void Run_ReportsEveryStepInOrder()
    {
        var steps = Train(Options).Steps;

        steps.Select(step => step.Step).Should().Equal(1, 2, 3, 4, 5, 6);
        steps.Select(step => step.Epoch).Should().Equal(1, 1, 1, 2, 2, 2);
        steps.Should().OnlyContain(step => double.IsFinite(step.Loss) && step.ImagesPerSecond > 0 && step.MeanRadius > 0);
    }

    [Fact]
    public void Run_SameSeed_RepeatsLossesAndWeights()
    {
        var (first, second) = (Train(Options), Train(Options));

        second.Steps.Select(step => step.Loss).Should().Equal(first.Steps.Select(step => step.Loss));
        second.FirstWeight.Should().Equal(first.FirstWeight);
    }

    [Fact]
    public void Run_AnotherSeed_Differs() =>
        Train(Options with { Seed = 6 }).Steps[0].Loss.Should().NotBe(Train(Options).Steps[0].Loss);

    /// <summary>Of a rate of 10, LARS leaves steps of a hundredth of a layer's norm.</summary>
    [Theory]
    [InlineData(OptimizerKind.Sgd, 0.003)]
    [InlineData(OptimizerKind.Lars, 10)]
    public void Run_OtherOptimizers_LowerTheLoss(OptimizerKind optimizer, double learningRate)
    {
        var steps = Train(Options with { Optimizer = optimizer, LearningRate = learningRate, WarmupShare = 0, Epochs = 12 }).Steps;

        steps.TakeLast(6).Average(step => step.Loss).Should().BeLessThan(steps.Take(6).Average(step => step.Loss));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Run_ChangesTheEncodersWeights(int chunk)
    {
        using var trainer = SmallRun.Trainer(Options with { Chunk = chunk });
        var before = FirstWeight(trainer);

        trainer.Run(_ => { });

        FirstWeight(trainer).Should().NotEqual(before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Run_LaterSteps_KeepNoMoreTensorsAlive(int chunk)
    {
        using var trainer = SmallRun.Trainer(Options with { Epochs = 3, Chunk = chunk });
        var live = new List<long>();

        trainer.Run(_ => live.Add(LiveTensors.Count));

        live[2..].Should().OnlyContain(count => count == live[1], "the optimiser's state exists after the first step");
    }

    [Theory]
    [InlineData(LossKind.Clamp)]
    [InlineData(LossKind.NtXent)]
    [InlineData(LossKind.VicReg)]
    [InlineData(LossKind.BarlowTwins)]
    [InlineData(LossKind.Mmcr)]
    [InlineData(LossKind.AlignmentUniformity)]
    public void Run_AnyLoss_FallsAndReportsThePackingToo(LossKind loss)
    {
        var steps = Train(Options with { Loss = loss, Epochs = 12 }).Steps;

        steps.TakeLast(6).Average(step => step.Loss).Should().BeLessThan(steps.Take(6).Average(step => step.Loss));
        steps.Should().OnlyContain(step => step.MeanRadius > 0 && step.ParticipationRatio >= 1);
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Sgd)]
    public void Run_OneStep_ReportsTheNormsThatTheOptimiserBeganWith(OptimizerKind optimizer)
    {
        using var trainer = SmallRun.Trainer(Options with { Optimizer = optimizer, Epochs = 1, BatchSize = SmallRun.Images.Count });
        var initial = Norm(trainer.Encoder.parameters());
        var norms = new List<ParameterNorms>();

        trainer.Run(step => norms.Add(step.Norms));

        var measured = norms.Should().ContainSingle().Subject;
        measured.EncoderWeights.Should().BeApproximately(initial, 1e-5 * initial);
        var gradient = Norm(trainer.Encoder.parameters().Select(weight => weight.grad!));
        measured.EncoderGradient.Should().BeApproximately(gradient, 1e-5 * gradient).And.BeGreaterThan(0);
        measured.HeadGradient.Should().BeGreaterThan(0).And.NotBe(measured.EncoderGradient);
        measured.HeadWeights.Should().BeGreaterThan(0).And.NotBe(measured.EncoderWeights);
    }

    [Theory]
    [InlineData(Precision.Float32, 0)]
    [InlineData(Precision.BFloat16, 0)]
    [InlineData(Precision.Float32, 3)]
    public void Run_OnACpu_ComputesWithTheChannelsOfAPixelSideBySide(Precision precision, int chunk)
    {
        using var trainer = SmallRun.Trainer(Options with { Epochs = 1, Precision = precision, Chunk = chunk });
        var strides = new List<long>();
        foreach (var block in trainer.Encoder.modules().OfType<ResidualBlock>())
        {
            block.register_forward_hook((_, input, output) =>
            {
                strides.AddRange([input.stride(1), output.stride(1)]);
                return output;
            });
        }

        trainer.Run(_ => { });

        strides.Should().NotBeEmpty().And.OnlyContain(stride => stride == 1);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    public void Run_InChunks_ReportsEveryStep(int chunk)
    {
        var steps = Train(Options with { Chunk = chunk }).Steps;

        steps.Select(step => step.Step).Should().Equal(1, 2, 3, 4, 5, 6);
        steps.Should().OnlyContain(step => double.IsFinite(step.Loss) && step.MeanRadius > 0);
    }

    [Fact]
    public void Run_OneChunkOfTheWholeBatch_HasTheSameLosses()
    {
        var whole = Train(Options).Steps;

        var chunked = Train(Options with { Chunk = Options.BatchSize }).Steps;

        for (int i = 0; i < whole.Count; i++)
        {
            chunked[i].Loss.Should().BeApproximately(whole[i].Loss, 1e-4, "in training mode batch norm uses the batch's own statistics");
        }
    }

    [Theory]
    [InlineData(LossKind.Clamp)]
    [InlineData(LossKind.Mmcr)]
    public void Run_DivergedWeights_SaysSo(LossKind loss)
    {
        var options = Options with { Loss = loss, LearningRate = 1e30, WarmupShare = 0, WeightDecay = 0 };

        var act = () => Train(options);

        act.Should().Throw<TrainingDivergedException>().WithMessage("*loss is NaN at step*Lower the learning rate*");
    }

    [Fact]
    public void Run_WeightsDivergeInTheLastStep_SaysSo()
    {
        var options = Options with
        {
            Epochs = 1,
            BatchSize = SmallRun.Images.Count,
            Optimizer = OptimizerKind.Lars,
            LearningRate = 1e30,
            TrustCoefficient = 1e30,
            WarmupShare = 0,
        };

        var act = () => Train(options);

        act.Should().Throw<TrainingDivergedException>().WithMessage("*NaN or infinite after step 1*Lower the learning rate*");
    }

    [Fact]
    public void Constructor_MoreStepsThanCanBeCounted_IsRefused()
    {
        var act = () => SmallRun.Trainer(Options with { Epochs = int.MaxValue });

        act.Should().Throw<InvalidOptionsException>().WithMessage("Epochs is 2147483647; it must be at most 715827882 with 3 steps each.");
    }

    private static (List<StepMetrics> Steps, float[] FirstWeight) Train(RunOptions options)
    {
        using var trainer = SmallRun.Trainer(options);
        var steps = new List<StepMetrics>();
        trainer.Run(steps.Add);
        return (steps, FirstWeight(trainer));
    }

    private static double Norm(IEnumerable<torch.Tensor> tensors) =>
        Math.Sqrt(tensors.Sum(each => each.data<float>().ToArray().Sum(value => (double)value * value)));

    private static float[] FirstWeight(Pretrainer trainer) => trainer.Encoder.parameters().First().data<float>().ToArray();
}
