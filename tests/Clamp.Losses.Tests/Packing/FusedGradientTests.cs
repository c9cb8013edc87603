using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Clamp.Losses.Tensors;
using Clamp.Losses.Tests.Support;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing;

/// <summary>The fused loss as a node of the autograd graph: once, twice, again, changed in between, differentiated again.</summary>
public sealed class FusedGradientTests : TorchTest
{
    private static readonly ConcurrentDictionary<nint, Action> Released = new();

    private readonly RecordingLogger _logger = new();
    private readonly ClampLoss _criterion;
    private readonly Tensor _embeddings = ClusteredEmbeddings(4, 30, 20, dtype: ScalarType.Float32).requires_grad_();
    private readonly Tensor _gradient;

    public FusedGradientTests()
    {
        _criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5, Backend = ClampBackend.Fused }, null, _logger);
        _gradient = _criterion.LossAndGradient(_embeddings).Gradient;
    }

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    public override void Dispose()
    {
        _criterion.LastBackend.Should().Be(ClampBackend.Fused);
        _criterion.Dispose();
        base.Dispose();
    }

    [Theory]
    [InlineData(-2.5)]
    [InlineData(1.0)]
    [InlineData(1e3)]
    public void Backward_TwiceThroughARetainedGraph_GivesTheScaledGradientEachTime(double upstream)
    {
        var loss = _criterion.forward(_embeddings) * upstream;

        var first = autograd.grad([loss], [_embeddings], retain_graph: true)[0];
        var second = autograd.grad([loss], [_embeddings])[0];

        first.RelativeDistanceTo(_gradient * upstream).Should().BeLessThan(1e-6);
        second.BitPattern().Should().Equal(first.BitPattern());
    }

    [Fact]
    public void Backward_TwiceWithoutRetainingTheGraph_IsTorchsOwnError()
    {
        var loss = _criterion.forward(_embeddings);
        loss.backward();

        var second = () => loss.backward();

        second.Should().Throw<ExternalException>().WithMessage("*backward through the graph a second time*");
        _embeddings.grad!.RelativeDistanceTo(_gradient).Should().BeLessThan(1e-6, "nothing is added a second time");
    }

    [Fact]
    public void Backward_TwoLossesAtOnce_KeepTheirGradientsApart()
    {
        var other = ClusteredEmbeddings(3, 12, 20, dtype: ScalarType.Float32, seed: 9).requires_grad_();

        (_criterion.forward(_embeddings) + _criterion.forward(other)).backward();

        _embeddings.grad!.RelativeDistanceTo(_gradient).Should().BeLessThan(1e-6);
        other.grad!.RelativeDistanceTo(_criterion.LossAndGradient(other).Gradient).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Backward_TwiceIntoALeafChangedInBetween_AddsTheWholeGradientAgain()
    {
        var loss = _criterion.forward(_embeddings);

        loss.backward(retain_graph: true);
        _embeddings.grad!.fill_(1);
        loss.backward();

        _embeddings.grad!.RelativeDistanceTo(_gradient + 1).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Backward_EmbeddingsChangedInPlaceBefore_GivesTheGradientWhereTheyWere()
    {
        var embeddings = _embeddings * 1;
        var loss = _criterion.forward(embeddings) + embeddings.sum();
        using (no_grad())
        {
            embeddings.zero_();
        }

        loss.backward();

        _embeddings.grad!.RelativeDistanceTo(_gradient + 1).Should().BeLessThan(1e-6, "a first pass needs the embeddings no more");
        _logger.Entries.Should().BeEmpty();
    }

    [Fact]
    public void Backward_AgainThroughARetainedGraphWhoseEmbeddingsHaveChanged_IsNaNAndSaysWhyAtOnce()
    {
        var embeddings = _embeddings * 1;
        var loss = _criterion.forward(embeddings);
        loss.backward(retain_graph: true);
        _embeddings.grad!.zero_();
        using (no_grad())
        {
            embeddings.zero_();
        }

        loss.backward();

        _embeddings.grad!.isnan().all().item<bool>().Should().BeTrue();
        _logger.Entries.Should().ContainSingle().Which.Exception!.Message.Should().Contain("modified by an inplace operation");
        _criterion.forward(_embeddings).Value().Should().BeApproximately(_criterion.LossAndGradient(_embeddings).Loss.Value(), 0, "it is nobody else's");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_WithCreateGraph_IsNaNAndNamesComposite(bool throughBackward)
    {
        var loss = _criterion.forward(_embeddings);

        if (throughBackward)
        {
            loss.backward([ones([])], create_graph: true);
        }
        else
        {
            _embeddings.grad = autograd.grad([loss], [_embeddings], create_graph: true, retain_graph: true)[0];
        }

        _embeddings.grad!.isnan().all().item<bool>().Should().BeTrue("a gradient that autograd takes for a constant would be wrong");
        var (level, _, exception) = _logger.Entries.Should().ContainSingle().Subject;
        level.Should().Be(LogLevel.Error);
        exception.Should().BeOfType<NotSupportedException>().Which.Message.Should().Contain("Composite").And.Contain("create_graph");
    }

    [Fact]
    public void Backward_LoggerThatFails_IsStillNaN()
    {
        using var criterion = new ClampLoss(new ClampLossOptions { Backend = ClampBackend.Fused }, null, new FailingLogger());

        criterion.forward(_embeddings).backward([ones([])], create_graph: true);

        _embeddings.grad!.isnan().all().item<bool>().Should().BeTrue();
        _criterion.forward(_embeddings).Value().Should().BeApproximately(_criterion.LossAndGradient(_embeddings).Loss.Value(), 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Backward_LossIsKept_LetsGoOfTheEmbeddings(bool twice)
    {
        var released = 0;
        var embeddings = WatchedEmbeddings(() => released++);
        var loss = _criterion.forward(embeddings);
        if (twice)
        {
            loss.backward(retain_graph: true);
            released.Should().Be(0);
        }

        loss.backward();
        embeddings.Dispose();

        released.Should().Be(1, "whoever collects losses must not collect embeddings");
        loss.Value().Should().Be(_criterion.forward(_embeddings).Value());
    }

    [Fact]
    public void Forward_GraphIsDropped_LetsGoOfTheEmbeddings()
    {
        var released = 0;
        var embeddings = WatchedEmbeddings(() => released++);
        var loss = _criterion.forward(embeddings);
        embeddings.Dispose();
        released.Should().Be(0);

        loss.Dispose();

        released.Should().Be(1);
    }

    [Fact]
    public void Backward_AfterTheModuleIsDisposed_StillGivesTheGradient()
    {
        var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5 });
        var loss = criterion.forward(_embeddings);
        criterion.Dispose();

        loss.backward();

        _embeddings.grad!.RelativeDistanceTo(_gradient).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Backward_ThroughAnEncoder_HoldsNothingMeanwhile()
    {
        // What is alive when the encoder's own backward runs: the gradient it is given, and nothing of the loss.
        var encoded = Encoder.apply(_embeddings);
        var loss = _criterion.forward(encoded);
        var before = LiveTensors;

        loss.backward();

        Encoder.LiveTensorsInBackward.Should().Be(before - 2 + 1, "the node's two tensors are used up, and its gradient is autograd's alone");
    }

    [Fact]
    public void Graph_DisposedWithoutABackwardPass_LeavesNothing()
    {
        var before = LiveTensors;

        _criterion.forward(_embeddings).Dispose();

        LiveTensors.Should().Be(before);
    }

    private sealed class Encoder : autograd.SingleTensorFunction<Encoder>
    {
        public static long LiveTensorsInBackward { get; private set; }

        /// <summary>Keeps what backward returns until native code has taken it.</summary>
        public static Tensor? Returned { get; private set; }

        public override string Name => nameof(Encoder);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).clone();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            LiveTensorsInBackward = LiveTensors;
            return [Returned = grad_output.clone()];
        }
    }

    /// <summary>The embeddings, computed from a leaf as an encoder's are, in memory that tells when nothing holds it any more.</summary>
    private unsafe Tensor WatchedEmbeddings(Action released)
    {
        var memory = NativeMemory.Alloc((nuint)(_embeddings.numel() * sizeof(float)));
        Released[(nint)memory] = released;
        return TensorMemory.Over((float*)memory, _embeddings.shape, &Release).copy_(_embeddings);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void Release(void* memory)
    {
        Released.TryRemove((nint)memory, out var released);
        released!();
        NativeMemory.Free(memory);
    }

    private sealed class FailingLogger : ILogger<ClampLoss>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("The sink is gone.");
    }
}
