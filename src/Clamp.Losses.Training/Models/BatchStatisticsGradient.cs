using Clamp.Losses.Autograd;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>
/// The identity before a normalisation that takes mean and variance for constants. Its backward adds what they pass on to every value:
/// <code>
/// dx &lt;- dx - mean(dx) - y * mean(dx * y),   y = (x - mean(x)) / sqrt(variance(x) + epsilon)
/// </code>
/// with means over the images of all processes.
/// </summary>
internal sealed class BatchStatisticsGradient : GraphNode
{
    private readonly SavedTensor _input;
    private readonly BatchStatistics _statistics;
    private readonly IProcessGroup _group;
    private readonly double _epsilon;
    private readonly Action<Exception> _tell;

    private BatchStatisticsGradient(Tensor input, BatchStatistics statistics, IProcessGroup group, double epsilon, Action<Exception> tell)
    {
        _input = new SavedTensor(input, this);
        _statistics = new(Kept(statistics.Count), Kept(statistics.Mean), Kept(statistics.Variance), statistics.UnbiasedVariance);
        (_group, _epsilon, _tell) = (group, epsilon, tell);
    }

    /// <summary>A tensor that shares memory with the input.</summary>
    /// <param name="input">[N, C, ...], which needs a gradient.</param>
    /// <param name="statistics">Its statistics.</param>
    /// <param name="group">The processes.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="tell">Told of a failure, after which the gradient is NaN.</param>
    public static Tensor Before(Tensor input, BatchStatistics statistics, IProcessGroup group, double epsilon, Action<Exception> tell)
    {
        // Not the output itself, which holds the node: they would hold each other for ever.
        using var saved = input.detach();
        using var shared = input.detach();
        return new BatchStatisticsGradient(saved, statistics, group, epsilon, tell).Record(input, shared);
    }

    /// <inheritdoc/>
    protected override nint Backward(Tensor gradient)
    {
        using var unrecorded = no_grad();
        return Lend(Corrected(gradient));
    }

    /// <inheritdoc/>
    protected override void TellOfFailure(Exception exception) => _tell(exception);

    /// <inheritdoc/>
    protected override void Release()
    {
        _input.Release();
        _statistics.Count.Dispose();
        _statistics.Mean.Dispose();
        _statistics.Variance.Dispose();
    }

    private static Tensor Kept(Tensor tensor) => tensor.alias().DetachFromDisposeScope();

    private Tensor Corrected(Tensor gradient)
    {
        var type = _statistics.Mean.dtype;
        var input = _input.Unpack().to(type);
        var normalised = functional.batch_norm(input, _statistics.Mean, _statistics.Variance, training: false, eps: _epsilon);
        var given = gradient.to(type);
        var (channels, reduced) = (input.shape[1], BatchStatistics.Reduced(input));
        var sums = cat([given.sum(reduced), (given * normalised).sum(reduced)]).to(float64);
        _group.AllReduceSum(sums);
        var means = (sums / _statistics.Count).to(type).reshape([2, channels, .. reduced.Skip(1).Select(_ => 1L)]);
        return given.sub(means[0]).sub_(normalised.mul_(means[1])).to(gradient.dtype);
    }
}
