using System.Collections.Concurrent;
using System.Diagnostics;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cpu;
using Clamp.Losses.Packing.Cuda;
using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Clamp.Losses;

/// <summary>Decides who computes a batch, by its device and dtype and by what the machine has.</summary>
/// <param name="options">The loss.</param>
/// <param name="cuda">The machine's GPUs.</param>
/// <param name="logger">Who is told that a GPU cannot run the fused kernels; the trace when null.</param>
internal sealed partial class PackingBackends(ClampLossOptions options, CudaDevices cuda, ILogger? logger)
{
    /// <summary>
    /// The least d_min of the fused kernels. Their centroids are float32 and right to some 1e-7: what that is worth in the distance of a
    /// pair closer than this, and in the energy of small sub-manifolds so close, no longer keeps to the bounds of the loss.
    /// </summary>
    public const double LeastFusedSeparation = 1e-4;

    private readonly ConcurrentDictionary<(int Ordinal, torch.ScalarType Element), InvalidOperationException?> _faults = new();
    private int _warnings;

    /// <summary>Refuses a device on which Composite cannot compute, because it has no float64.</summary>
    /// <param name="device">The kind of device.</param>
    /// <exception cref="NotSupportedException">It is such a device.</exception>
    public static void RequireFloat64(DeviceType device)
    {
        if (device == DeviceType.MPS)
        {
            throw new NotSupportedException(
                "The embeddings lie on MPS, which has no float64 to compute their loss in; move them to the CPU.");
        }
    }

    /// <summary>Composite or Fused.</summary>
    /// <param name="device">The kind of device that the embeddings lie on.</param>
    /// <param name="ordinal">Which of its kind.</param>
    /// <param name="dtype">The embeddings' dtype.</param>
    /// <exception cref="InvalidOperationException">Fused is asked for on a device that cannot; the message says why.</exception>
    /// <exception cref="NotSupportedException">Neither can compute there.</exception>
    public ClampBackend Choose(DeviceType device, int ordinal, torch.ScalarType dtype)
    {
        var choice = device switch
        {
            _ when options.Backend == ClampBackend.Composite => ClampBackend.Composite,
            _ when dtype == torch.ScalarType.Float64 || options.MinSeparation < LeastFusedSeparation => ClampBackend.Composite,
            DeviceType.CPU => ClampBackend.Fused,
            DeviceType.CUDA => ChooseOnCuda((ordinal, dtype)),
            _ when options.Backend == ClampBackend.Fused => throw new InvalidOperationException(
                $"The embeddings lie on {device}; there are fused kernels for CPU and CUDA."),
            _ => ClampBackend.Composite,
        };
        if (choice == ClampBackend.Composite)
        {
            RequireFloat64(device);
        }

        return choice;
    }

    /// <summary>The kernels of a device.</summary>
    /// <param name="device">One that <see cref="Choose"/> found to be Fused.</param>
    public IPackingKernels Kernels(torch.Device device) => device.type == DeviceType.CUDA
        ? new CudaPackingKernels(cuda[device.index], cuda[device.index].Product, options)
        : CpuPackingKernels.Create(options);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason} CLAMP runs on plain torch operations instead.")]
    private static partial void LogFallback(ILogger logger, string reason);

    /// <summary>Auto stays with what it found first. Fused tries again at every call, which costs nothing once it has worked.</summary>
    private ClampBackend ChooseOnCuda((int Ordinal, torch.ScalarType Element) embeddings)
    {
        if (options.Backend == ClampBackend.Fused)
        {
            return FaultOf(embeddings) is { } reason ? throw reason : ClampBackend.Fused;
        }

        if (_faults.GetOrAdd(embeddings, FaultOf) is not { } fault)
        {
            return ClampBackend.Fused;
        }

        if (Interlocked.Exchange(ref _warnings, 1) == 0)
        {
            Warn(fault.Message);
        }

        return ClampBackend.Composite;
    }

    private InvalidOperationException? FaultOf((int Ordinal, torch.ScalarType Element) embeddings)
    {
        try
        {
            cuda[embeddings.Ordinal].Prepare(FusedLoss.ElementOf(embeddings.Element), options.SplitProducts);
            return null;
        }
#pragma warning disable CA1031 // Libraries, folders and compilers of a machine fail in many ways; none of them may end a training run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new InvalidOperationException($"The fused CUDA kernels cannot run. {exception.Message}", exception);
        }
    }

    private void Warn(string reason)
    {
        if (logger is null)
        {
            Trace.TraceWarning($"{reason} CLAMP runs on plain torch operations instead.");
        }
        else
        {
            LogFallback(logger, reason);
        }
    }
}
