using System.Runtime.InteropServices;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

/// <summary>One module, many users: threads at once, after failures, in inference mode, after Dispose.</summary>
public sealed class SharedModuleTests : TorchTest
{
    private const int Steps = 300;

    private readonly ClampLoss _criterion = new(new ClampLossOptions { RadiusScale = 2.5, Backend = ClampBackend.Fused });

    public override void Dispose()
    {
        _criterion.Dispose();
        base.Dispose();
    }

    [Theory]
    [InlineData(3, 2, 20 * Steps)]
    [InlineData(4, 300, Steps)]
    public async Task ForwardAndBackward_ThreadsOfDifferentShapes_EachGetTheirOwnGradient(int threads, int images, int steps)
    {
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() => Train(images + thread, steps))));

        _criterion.LastBackend.Should().Be(ClampBackend.Fused);
    }

    [Fact]
    public async Task ForwardAndBackward_ThreadsOfTheSameShape_EachGetTheirOwnGradient() =>
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Train(40, Steps))));

    [Fact]
    public async Task ForwardAndBackward_WhileAnotherThreadTakesLossAndGradient_GivesTheGradient()
    {
        var training = Task.Run(() => Train(40, Steps));
        var evaluating = Task.Run(() =>
        {
            using var embeddings = ClusteredEmbeddings(4, 41, 24, dtype: ScalarType.Float32, seed: 3);
            var expected = GradientOf(embeddings);
            for (int step = 0; step < Steps; step++)
            {
                GradientOf(embeddings).Should().Equal(expected);
            }
        });

        await Task.WhenAll(training, evaluating);
    }

    [Fact]
    public async Task Measure_WhileOthersTrainAndMeasure_GivesTheSameFigures()
    {
        var measuring = Enumerable.Range(0, 2).Select(thread => Task.Run(() =>
        {
            using var embeddings = ClusteredEmbeddings(4, 40, 24, dtype: ScalarType.Float32, seed: thread);
            var expected = Figures(embeddings);
            for (int step = 0; step < Steps; step++)
            {
                Figures(embeddings).Should().Equal(expected);
            }
        }));

        await Task.WhenAll([.. measuring, Task.Run(() => Train(40, Steps))]);
    }

    [Fact]
    public void Measure_OfAnotherType_LeavesWhatComputedTheLoss()
    {
        using var embeddings = ClusteredEmbeddings(4, 40, 24, dtype: ScalarType.Float32);
        _criterion.Measure(embeddings);
        _criterion.LastBackend.Should().BeNull("there was no loss");
        _criterion.forward(embeddings);

        _criterion.Measure(embeddings.to(ScalarType.Float64));

        _criterion.LastBackend.Should().Be(ClampBackend.Fused);
    }

    [Fact]
    public async Task ForwardAndBackward_WhileAnotherThreadCollectsGarbage_GivesTheGradient()
    {
        using var stop = new CancellationTokenSource();
        var collecting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });

        await Task.Run(() => Train(8, 10 * Steps));

        await stop.CancelAsync();
        await collecting;
    }

    [Fact]
    public async Task Backward_OfOneRetainedGraphOnTwoThreads_GivesTheGradientToEach()
    {
        var embeddings = ClusteredEmbeddings(4, 40, 24, dtype: ScalarType.Float32).requires_grad_();
        var expected = GradientOf(embeddings);
        var loss = _criterion.forward(embeddings);

        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (int step = 0; step < 50; step++)
            {
                using var gradient = autograd.grad([loss], [embeddings], retain_graph: true)[0];
                gradient.BitPattern().Should().Equal(expected);
            }
        })));
    }

    [Fact]
    public void Forward_FirstInInferenceMode_LeavesTrainingPossible()
    {
        var embeddings = ClusteredEmbeddings(4, 30, 20, dtype: ScalarType.Float32).requires_grad_();
        using (inference_mode())
        {
            _criterion.forward(embeddings).requires_grad.Should().BeFalse();
            _criterion.LossAndGradient(embeddings);
        }

        Train(30, 2);
        _criterion.forward(embeddings).backward();

        embeddings.grad!.BitPattern().Should().Equal(GradientOf(embeddings));
    }

    [Theory]
    [InlineData(ScalarType.Float64, ClampBackend.Composite, false)]
    [InlineData(ScalarType.Float32, ClampBackend.Composite, false)]
    [InlineData(ScalarType.Float32, ClampBackend.Composite, true)]
    [InlineData(ScalarType.Float32, ClampBackend.Fused, true)]
    public void LossAndGradient_InInferenceMode_IsAsOutsideOfIt(ScalarType dtype, ClampBackend backend, bool madeThere)
    {
        using var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5, Backend = backend });
        var embeddings = ClusteredEmbeddings(4, 30, 20, dtype: dtype);
        var expected = criterion.LossAndGradient(embeddings);
        (Tensor Loss, Tensor Gradient) given;
        using (inference_mode())
        {
            given = criterion.LossAndGradient(madeThere ? embeddings.clone() : embeddings);
        }

        given.Loss.BitPattern().Should().Equal(expected.Loss.BitPattern());
        given.Gradient.BitPattern().Should().Equal(expected.Gradient.BitPattern());
        criterion.LastBackend.Should().Be(backend);
    }

    [Fact]
    public void Measure_FirstInInferenceMode_LeavesTrainingPossible()
    {
        var embeddings = ClusteredEmbeddings(4, 30, 20, dtype: ScalarType.Float32).requires_grad_();
        double[] figures;
        using (inference_mode())
        {
            figures = Figures(embeddings);
        }

        Train(30, 2);
        _criterion.forward(embeddings).backward();

        Figures(embeddings).Should().Equal(figures);

        embeddings.grad!.BitPattern().Should().Equal(GradientOf(embeddings));
    }

    [Fact]
    public void Forward_InInferenceModeAfterTraining_GivesTheSameLoss()
    {
        var embeddings = ClusteredEmbeddings(4, 30, 20, dtype: ScalarType.Float32).requires_grad_();
        var expected = _criterion.forward(embeddings);
        expected.backward();
        using var inference = inference_mode();

        _criterion.forward(embeddings).BitPattern().Should().Equal(expected.BitPattern());
    }

    [Fact]
    public void Forward_AfterABatchTooLargeForTheMemory_WorksAsBefore()
    {
        var embeddings = ClusteredEmbeddings(2, 64, 64, dtype: ScalarType.Float32);
        var expected = GradientOf(embeddings);

        // Half a petabyte: all images are the same 64 numbers.
        var tooLarge = embeddings.narrow(1, 0, 1).expand(2, 1_000_000_000, 64);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            _criterion.Invoking(criterion => criterion.forward(tooLarge)).Should().Throw<ExternalException>().WithMessage("*memory*");
            _criterion.Invoking(criterion => criterion.LossAndGradient(tooLarge)).Should().Throw<ExternalException>();
            _criterion.Invoking(criterion => criterion.Measure(tooLarge)).Should().Throw<ExternalException>();
            GradientOf(embeddings).Should().Equal(expected);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, ClampBackend.Fused)]
    [InlineData(ScalarType.Float64, ClampBackend.Composite)]
    public void EveryCall_AfterDispose_SaysSo(ScalarType dtype, ClampBackend backend)
    {
        var embeddings = ClusteredEmbeddings(2, 4, 3, dtype: dtype);
        _criterion.forward(embeddings);
        _criterion.LastBackend.Should().Be(backend);
        _criterion.Dispose();

        Action[] calls =
        [
            () => _criterion.forward(embeddings), () => _criterion.LossAndGradient(embeddings), () => _criterion.Measure(embeddings),
        ];
        calls.Should().AllSatisfy(call => call.Should().Throw<ObjectDisposedException>().WithMessage("*ClampLoss*"));
    }

    // All there are.
    private double[] Figures(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var packing = _criterion.Measure(embeddings);
        var figures = typeof(SubManifoldGeometry).GetProperties().Where(property => property.PropertyType == typeof(double));
        Tensor[] ofImages = [packing.Centroids, packing.Radii, packing.Contacts.to(float64), packing.Overlaps, packing.NetForces];
        return [.. figures.Select(property => (double)property.GetValue(packing)!), .. ofImages.SelectMany(numbers => numbers.data<double>())];
    }

    private void Train(int images, int steps)
    {
        using var scope = NewDisposeScope();
        var embeddings = ClusteredEmbeddings(4, images, 24, dtype: ScalarType.Float32, seed: images).requires_grad_();
        var expected = GradientOf(embeddings);
        for (int step = 0; step < steps; step++)
        {
            using var loss = _criterion.forward(embeddings);
            loss.backward();
            using var gradient = embeddings.grad!;
            gradient.BitPattern().AsSpan().SequenceEqual(expected).Should().BeTrue();
            embeddings.grad = null;
        }
    }

    private byte[] GradientOf(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        return _criterion.LossAndGradient(embeddings).Gradient.BitPattern();
    }
}
