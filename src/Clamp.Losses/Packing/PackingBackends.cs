using System.Collections.Concurrent;
using System.Diagnostics;
using Clamp.Losses.Packing.Cpu;
using Clamp.Losses.Packing.Cuda;
using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Clamp.Losses.Packing;

/// <summary>Decides who computes a batch, by its device and dtype and by what the machine has.</summary>
/// <param name="wanted">What the options ask for.</param>
/// <param name="cuda">The machine's GPUs; disposed with this.</param>
/// <param name="logger">Who is told that a GPU cannot run the fused kernels; the trace when null.</param>
internal sealed partial class PackingBackends(ClampBackend wanted, CudaDevices cuda, ILogger? logger) : IDisposable
{
    private readonly ConcurrentDictionary<(int Ordinal, torch.ScalarType Element), InvalidOperationException?> _faults = new();
    private int _warnings;

    /// <summary>Composite or Fused.</summary>
    /// <param name="device">The kind of device that the embeddings lie on.</param>
    /// <param name="ordinal">Which of its kind.</param>
    /// <param name="dtype">The embeddings' dtype.</param>
    /// <exception cref="InvalidOperationException">Fused is asked for on a GPU that cannot; the message says why.</exception>
    public ClampBackend Choose(DeviceType device, int ordinal, torch.ScalarType dtype) => device switch
    {
        _ when wanted == ClampBackend.Composite || dtype == torch.ScalarType.Float64 => ClampBackend.Composite,
        DeviceType.CPU => ClampBackend.Fused,
        DeviceType.CUDA => ChooseOnCuda(_faults.GetOrAdd((ordinal, dtype), FaultOf)),
        _ => ClampBackend.Composite,
    };

    /// <summary>The kernels of a device.</summary>
    /// <param name="device">One that <see cref="Choose"/> found to be Fused.</param>
    /// <param name="options">The loss they compute.</param>
    public IPackingKernels Kernels(torch.Device device, ClampLossOptions options) => device.type == DeviceType.CUDA
        ? new CudaPackingKernels(cuda[device.index], cuda.Product(device.index), options)
        : CpuPackingKernels.Create(options);

    /// <inheritdoc/>
    public void Dispose() => cuda.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason} CLAMP runs on plain torch operations instead.")]
    private static partial void LogFallback(ILogger logger, string reason);

    private InvalidOperationException? FaultOf((int Ordinal, torch.ScalarType Element) embeddings)
    {
        try
        {
            cuda[embeddings.Ordinal].Prepare(FusedLoss.ElementOf(embeddings.Element));
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return new InvalidOperationException($"The fused CUDA kernels cannot run. {exception.Message}", exception);
        }
    }

    private ClampBackend ChooseOnCuda(InvalidOperationException? fault)
    {
        if (fault is null)
        {
            return ClampBackend.Fused;
        }

        if (wanted == ClampBackend.Fused)
        {
            throw new InvalidOperationException(fault.Message, fault.InnerException);
        }

        if (Interlocked.Exchange(ref _warnings, 1) == 0)
        {
            Warn(fault.Message);
        }

        return ClampBackend.Composite;
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
