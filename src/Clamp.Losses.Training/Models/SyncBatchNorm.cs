using System.Runtime.ExceptionServices;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>
/// Batch norm (Ioffe and Szegedy, arXiv:1502.03167) over the images of a group of processes: output, gradient and running statistics are
/// those of one process with all of them. Weights and buffers have the names of torch's batch norms, and alone it computes what they do.
/// </summary>
/// <remarks>
/// In training mode every member of the group must call it equally often: forward is one sum over the group, and so is backward. Members
/// may have different numbers of images, and some of them none.
/// </remarks>
public sealed class SyncBatchNorm : Module<Tensor, Tensor>
{
    private readonly double _epsilon;
    private readonly double _momentum;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    [ComponentName(Name = "running_mean")]
    private readonly Tensor _runningMean;

    [ComponentName(Name = "running_var")]
    private readonly Tensor _runningVariance;

    [ComponentName(Name = "num_batches_tracked")]
    private readonly Tensor _batches;

    private ExceptionDispatchInfo? _fault;

    /// <summary>Creates a norm of mean 0 and variance 1, without scale and shift.</summary>
    /// <param name="channels">C, at least 1.</param>
    /// <param name="epsilon">What is added to the variance; above 0.</param>
    /// <param name="momentum">The share of a batch in the running statistics; from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public SyncBatchNorm(int channels, double epsilon = 1e-5, double momentum = 0.1)
        : base(nameof(SyncBatchNorm))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epsilon);
        ArgumentOutOfRangeException.ThrowIfNegative(momentum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(momentum, 1);
        (_epsilon, _momentum) = (epsilon, momentum);
        _weight = Parameter(ones(channels, float32, CPU));
        _bias = Parameter(zeros(channels, float32, CPU));
        _runningMean = zeros(channels, float32, CPU);
        _runningVariance = ones(channels, float32, CPU);
        _batches = zeros([], int64, CPU);
        RegisterComponents();
    }

    /// <summary>The processes whose images are normalised together; null for this one alone. A <see cref="Pretrainer"/> sets it while it trains.</summary>
    public IProcessGroup? ProcessGroup { get; set; }

    /// <summary>What is added to the variance.</summary>
    internal double Epsilon => _epsilon;

    /// <summary>Normalises each channel, then scales and shifts it.</summary>
    /// <param name="input">[N, C, ...], of the weights' type or bfloat16.</param>
    /// <returns>A new tensor of the input's shape and type.</returns>
    /// <exception cref="ArgumentException"><paramref name="input"/> has another shape.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dim() < 2 || input.shape[1] != _weight.shape[0])
        {
            throw new ArgumentException(
                $"An input of shape [{string.Join(", ", input.shape)}] given; allowed: [N, {_weight.shape[0]}, ...].", nameof(input));
        }

        ThrowIfBackwardFailed();
        if (training)
        {
            _batches.add_(KeptScalars.One, KeptScalars.One);
        }

        return training && ProcessGroup is { WorldSize: > 1 } group
            ? Together(input, group)
            : functional.batch_norm(input, _runningMean, _runningVariance, _weight, _bias, training, _momentum, _epsilon);
    }

    /// <summary>Has the norms of a network see the images of a group.</summary>
    /// <param name="network">The network.</param>
    /// <param name="group">The processes; null for this one alone.</param>
    internal static void Join(Module network, IProcessGroup? group)
    {
        foreach (var norm in network.modules().OfType<SyncBatchNorm>())
        {
            norm.ProcessGroup = group;
        }
    }

    /// <summary>Throws what went wrong in a backward pass, from which nothing may be thrown; its gradients are NaN.</summary>
    /// <param name="network">The network that it went through.</param>
    internal static void ThrowIfBackwardFailed(Module network)
    {
        foreach (var norm in network.modules().OfType<SyncBatchNorm>())
        {
            norm.ThrowIfBackwardFailed();
        }
    }

    private void ThrowIfBackwardFailed() => Interlocked.Exchange(ref _fault, null)?.Throw();

    private Tensor Together(Tensor input, IProcessGroup group)
    {
        using var scope = NewDisposeScope();
        var statistics = BatchStatistics.Of(input.detach(), group, _weight.dtype);
        Track(statistics);
        var followed = input.requires_grad && is_grad_enabled()
            ? BatchStatisticsGradient.Before(input, statistics, group, _epsilon, exception => _fault = ExceptionDispatchInfo.Capture(exception))
            : input;
        return functional.batch_norm(followed, statistics.Mean, statistics.Variance, _weight, _bias, training: false, eps: _epsilon)
            .MoveToOuterDisposeScope();
    }

    private void Track(BatchStatistics statistics)
    {
        using var unrecorded = no_grad();
        var (kept, added) = (KeptScalars.Of(1 - _momentum), KeptScalars.Of(_momentum));
        _runningMean.mul_(kept).add_(statistics.Mean, added);
        _runningVariance.mul_(kept).add_(statistics.UnbiasedVariance, added);
    }
}
