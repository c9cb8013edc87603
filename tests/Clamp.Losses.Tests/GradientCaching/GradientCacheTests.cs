using Clamp.Losses.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.GradientCaching;

/// <summary>Alone, because dropout draws from torch's generator, which is the process's.</summary>
[CollectionDefinition(nameof(GradientCacheTests), DisableParallelization = true)]
[Collection(nameof(GradientCacheTests))]
public sealed class GradientCacheTests : TorchTest
{
    private const int Views = 3;
    private const int Images = 10;
    private const int Width = 6;

    private readonly ClampLoss _criterion = new(new ClampLossOptions { RadiusScale = 2.5, SizeWeight = 0.1 });

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    public static TheoryData<int> ChunkSizes => [1, 2, 3, 5, 7, 10, 64];

    [Theory, MemberData(nameof(ChunkSizes))]
    public void Backward_Float64_EqualsOneBigBatch(int chunkSize) => EqualsOneBigBatch(chunkSize, ScalarType.Float64, 1e-12);

    [Theory, MemberData(nameof(ChunkSizes))]
    public void Backward_Float32_EqualsOneBigBatch(int chunkSize) => EqualsOneBigBatch(chunkSize, ScalarType.Float32, 1e-6);

    [Theory, MemberData(nameof(ChunkSizes))]
    public void Backward_DropoutOn_DrawsTheSameMasksInBothPasses(int chunkSize)
    {
        var (encoder, inputs) = (Encoder(dropout: 0.4), Inputs());
        random.manual_seed(21);
        var expectedLoss = BackwardWithAllGraphs(encoder, inputs, chunkSize);
        var (expected, stateAfter) = (Gradient(encoder), random.get_rng_state().BitPattern());
        encoder.zero_grad();
        random.manual_seed(21);

        var loss = new GradientCache(_criterion, chunkSize).Backward(encoder.forward, inputs);

        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(1e-12);
        Gradient(encoder).RelativeDistanceTo(expected).Should().BeLessThan(1e-12);
        random.get_rng_state().BitPattern().Should().Equal(stateAfter, "the replay draws no number twice from the stream");
    }

    [Fact]
    public void Backward_GivesLossAndEmbeddingsOfTheWholeBatchWithoutGraph()
    {
        var (encoder, inputs) = (Encoder(), Inputs());
        var expected = encoder.forward(inputs.flatten(0, 1)).reshape(Views, Images, -1);

        var loss = new GradientCache(_criterion, 4).Backward(encoder.forward, inputs, out var embeddings);

        embeddings.shape.Should().Equal(expected.shape);
        embeddings.RelativeDistanceTo(expected).Should().BeLessThan(1e-13);
        loss.BitPattern().Should().Equal(_criterion.forward(embeddings).BitPattern());
        (loss.requires_grad || embeddings.requires_grad).Should().BeFalse();
    }

    [Fact]
    public void Backward_InGivenChunks_EqualsOneBigBatchAndCallsForEmptyOnesToo()
    {
        var (encoder, inputs, rows) = (Encoder(), Inputs(), new List<long>());
        var expectedLoss = BackwardWithAllGraphs(encoder, inputs, Images);
        var expected = Gradient(encoder);
        encoder.zero_grad();

        var loss = new GradientCache(_criterion, 1).Backward(
            chunk =>
            {
                rows.Add(chunk.shape[0]);
                return encoder.forward(chunk);
            },
            inputs,
            [4, 0, 6],
            out var embeddings);

        rows.Should().Equal(4 * Views, 0, 6 * Views, 4 * Views, 0, 6 * Views);
        embeddings.shape.Should().Equal(Views, Images, 5);
        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(1e-12);
        Gradient(encoder).RelativeDistanceTo(expected).Should().BeLessThan(1e-12);
    }

    [Theory]
    [InlineData(4, 5)]
    [InlineData(11, -1)]
    public void Backward_ChunksThatAreNotTheBatch_NamesThem(params int[] chunks)
    {
        var act = () => new GradientCache(_criterion, 4).Backward(chunk => chunk, Inputs(), chunks, out _);

        act.Should().Throw<ArgumentException>().WithParameterName("images").WithMessage($"Chunks of [{string.Join(", ", chunks)}] images given for 10*");
    }

    /// <summary>Three processes with 3, 1 and 2 chunks.</summary>
    [Fact]
    public void Backward_OverAGroup_AddsUpToOneProcessWithAllImages()
    {
        var inputs = Inputs();
        var whole = Encoder();
        var expectedLoss = new GradientCache(_criterion, 4).Backward(whole.forward, inputs);
        int[] images = [5, 1, 4];

        var parts = ThreadGroup.Run(3, group =>
        {
            using var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5, SizeWeight = 0.1 }, group);
            var encoder = Encoder();
            encoder.load_state_dict(whole.state_dict());
            var loss = new GradientCache(criterion, 2).Backward(encoder.forward, inputs.narrow(1, images[..group.Rank].Sum(), images[group.Rank]));
            return (Loss: loss.Value(), Gradient: Gradient(encoder));
        });

        parts.Should().OnlyContain(part => part.Loss == parts[0].Loss);
        parts[0].Loss.DistanceTo(expectedLoss.Value()).Should().BeLessThan(1e-12);
        (parts[0].Gradient + parts[1].Gradient + parts[2].Gradient).RelativeDistanceTo(Gradient(whole)).Should().BeLessThan(1e-10);
    }

    /// <summary>The other would wait, or take this one's next step for this step.</summary>
    [Theory]
    [InlineData("inputs")]
    [InlineData("inputs in given chunks")]
    [InlineData("chunks")]
    [InlineData("shape of embeddings")]
    [InlineData("encoder")]
    public void Backward_OneMemberFailsBeforeTheLoss_FailsOnEachAndBothGoOn(string what)
    {
        var results = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(processGroup: group);
            var (cache, encoder, inputs) = (new GradientCache(criterion, 4), Encoder(), Inputs());
            var failing = group.Rank == 1 ? what : "nothing";
            var step = () => what.Contains("chunks", StringComparison.Ordinal)
                ? cache.Backward(encoder.forward, failing.StartsWith("inputs", StringComparison.Ordinal) ? inputs[0] : inputs, failing == "chunks" ? [4, 5] : [4, 6], out _)
                : cache.Backward(Embed, failing == "inputs" ? inputs[0][0] : inputs);
            var fault = step.Should().Throw<Exception>().Which;
            return (Fault: fault, NextLoss: cache.Backward(encoder.forward, inputs).Value());

            Tensor Embed(Tensor chunk) => failing switch
            {
                "encoder" => throw new IOException("No memory."),
                "shape of embeddings" => encoder.forward(chunk).unsqueeze(0),
                _ => encoder.forward(chunk),
            };
        });

        results[0].Fault.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("Rank 1").And.Contain("refused");
        results[1].Fault.Message.Should().NotContain("Rank 1");
        results[1].NextLoss.Should().Be(results[0].NextLoss);
    }

    [Fact]
    public void Backward_EncoderFailsWhileOthersAreElsewhere_SaysBothReasons()
    {
        var faults = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(processGroup: group);
            var act = () => new GradientCache(criterion, 4).Backward(_ => throw new IOException("No memory."), Inputs());
            return Record.Exception(() => group.Rank == 1 ? act() : Summed(group));
        });

        static Tensor Summed(ThreadGroup group)
        {
            var sum = zeros(3);
            group.AllReduceSum(sum);
            return sum;
        }

        faults[1].Should().BeOfType<AggregateException>().Which.InnerExceptions.Should().SatisfyRespectively(
            own => own.Should().BeOfType<IOException>(),
            untold => untold.Should().BeOfType<InvalidOperationException>());
    }

    [Fact]
    public void Backward_TwiceWithoutZeroGrad_AddsUp()
    {
        var (encoder, inputs) = (Encoder(), Inputs());
        var cache = new GradientCache(_criterion, 4);
        cache.Backward(encoder.forward, inputs);
        var once = Gradient(encoder);

        cache.Backward(encoder.forward, inputs);

        Gradient(encoder).RelativeDistanceTo(2 * once).Should().BeLessThan(1e-13);
    }

    [Fact]
    public void Backward_InsideNoGrad_StillFillsTheGradients()
    {
        var (encoder, inputs) = (Encoder(), Inputs());
        var cache = new GradientCache(_criterion, 4);
        cache.Backward(encoder.forward, inputs);
        var expected = Gradient(encoder);
        encoder.zero_grad();
        using var unrecorded = no_grad();

        cache.Backward(encoder.forward, inputs);

        Gradient(encoder).BitPattern().Should().Equal(expected.BitPattern());
    }

    [Fact]
    public void Backward_Images_ReachTheEncoderFlattenedAChunkAtATime()
    {
        var inputs = arange(2 * 5 * 3 * 2 * 2, dtype: float32, device: CPU).reshape(2, 5, 3, 2, 2);
        var scale = ones(1, requires_grad: true);
        var seen = new List<(long[] Shape, float[] FirstPixels)>();

        new GradientCache(_criterion, 2).Backward(
            chunk =>
            {
                seen.Add((chunk.shape, chunk.flatten(1)[.., 0].data<float>().ToArray()));
                return chunk.flatten(1) * scale;
            },
            inputs);

        seen.Select(call => call.Shape[0]).Should().Equal(4, 4, 2, 4, 4, 2);
        seen.Should().OnlyContain(call => call.Shape.Skip(1).SequenceEqual(new long[] { 3, 2, 2 }));
        seen.Take(3).SelectMany(call => call.FirstPixels).Should().Equal(0, 12, 60, 72, 24, 36, 84, 96, 48, 108);
    }

    [Fact]
    public void Backward_BatchNorm_SeesChunksAndCountsThemTwice()
    {
        var norm = nn.BatchNorm1d(Width, dtype: float64);

        new GradientCache(_criterion, 5).Backward(norm.forward, Inputs());

        norm.num_batches_tracked!.Value().Should().Be(2.0 * Images / 5);
    }

    [Fact]
    public void Backward_LeavesTheLossAloneAndSomeEmbeddings()
    {
        using var encoder = Encoder(dropout: 0.2);
        using var inputs = Inputs();
        var cache = new GradientCache(_criterion, 4);
        var before = LiveTensors;

        cache.Backward(encoder.forward, inputs).Dispose();
        LiveTensors.Should().Be(before);

        using var loss = cache.Backward(encoder.forward, inputs, out var embeddings);
        LiveTensors.Should().Be(before + 2);
        embeddings.Dispose();
    }

    [Fact]
    public void Constructor_BadArguments_NamesThem()
    {
        var withoutLoss = () => new GradientCache(null!, 4);
        var withoutImages = () => new GradientCache(_criterion, 0);

        withoutLoss.Should().Throw<ArgumentNullException>().WithParameterName("criterion");
        withoutImages.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("chunkSize").Which.ActualValue.Should().Be(0);
    }

    [Theory]
    [InlineData(new long[] { 6 })]
    [InlineData(new long[] { 1, 6, 3 })]
    [InlineData(new long[] { 2, 1, 3 })]
    public void Backward_InputsThatAreNoBatch_NamesTheShape(long[] shape)
    {
        var inputs = zeros(shape);
        var act = () => new GradientCache(_criterion, 4).Backward(chunk => chunk, inputs);

        act.Should().Throw<ArgumentException>().WithParameterName("inputs")
            .WithMessage($"*[{string.Join(", ", shape)}]. Expected [V, B, ...] with V at least 2 and B at least 2.*");
    }

    [Fact]
    public void Backward_Nulls_Throw()
    {
        var cache = new GradientCache(_criterion, 4);

        cache.Invoking(c => c.Backward(null!, Inputs())).Should().Throw<ArgumentNullException>().WithParameterName("embed");
        cache.Invoking(c => c.Backward(chunk => chunk, null!)).Should().Throw<ArgumentNullException>().WithParameterName("inputs");
    }

    [Fact]
    public void Backward_EmbeddingsOfTheWrongShape_SaysWhichIsWanted()
    {
        var act = () => new GradientCache(_criterion, 4).Backward(chunk => chunk.unsqueeze(0), Inputs());

        act.Should().Throw<InvalidOperationException>().WithMessage("*[1, 12, 6] for 3 views of 4 images; it must be [12, D]*");
    }

    [Fact]
    public void Backward_EmbeddingsWithoutGraph_SaysSo()
    {
        var act = () => new GradientCache(_criterion, 4).Backward(chunk => chunk, Inputs());

        act.Should().Throw<InvalidOperationException>().WithMessage("*without a graph*");
    }

    private static Tensor Inputs(ScalarType dtype = ScalarType.Float64) => ClusteredEmbeddings(Views, Images, Width, dtype: dtype);

    private static Sequential Encoder(double dropout = 0, ScalarType dtype = ScalarType.Float64)
    {
        random.manual_seed(4);
        return nn.Sequential(
            nn.Linear(Width, 12, dtype: dtype), nn.Tanh(), nn.Dropout(dropout), nn.Linear(12, 5, dtype: dtype));
    }

    private static Tensor Gradient(nn.Module encoder) =>
        cat(encoder.parameters().Select(weight => weight.grad!.flatten().clone()).ToArray());

    private void EqualsOneBigBatch(int chunkSize, ScalarType dtype, double tolerance)
    {
        var (encoder, inputs) = (Encoder(dtype: dtype), Inputs(dtype));
        var expectedLoss = BackwardWithAllGraphs(encoder, inputs, Images);
        var expected = Gradient(encoder);
        encoder.zero_grad();

        var loss = new GradientCache(_criterion, chunkSize).Backward(encoder.forward, inputs);

        loss.Value().DistanceTo(expectedLoss.Value()).Should().BeLessThan(tolerance);
        Gradient(encoder).RelativeDistanceTo(expected).Should().BeLessThan(tolerance);
    }

    /// <summary>Embeds chunk by chunk, so with the same masks, but keeps every graph: what the cache has to equal.</summary>
    private Tensor BackwardWithAllGraphs(Sequential encoder, Tensor inputs, int chunkSize)
    {
        var chunks = inputs.split(chunkSize, 1).Select(chunk => encoder.forward(chunk.flatten(0, 1)).unflatten(0, Views, chunk.shape[1]));
        var loss = _criterion.forward(cat(chunks.ToArray(), 1));
        loss.backward();
        return loss;
    }
}
