using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// Keeps cuBLAS from rounding the factors of float32 products to TF32 until it is disposed, whatever the application allows elsewhere:
/// distances are small differences of such products. The switch is the process's and is read when a product is queued, so one thread
/// at a time queues its products. On the CPU it does nothing.
/// </summary>
internal readonly ref struct FullPrecisionProducts
{
    private static readonly object Switch = new();

    private readonly bool _holds;
    private readonly bool _allowed;

    /// <summary>Switches TF32 off.</summary>
    /// <param name="device">Where the products are formed.</param>
    public FullPrecisionProducts(TorchSharp.DeviceType device)
    {
        _holds = device == TorchSharp.DeviceType.CUDA;
        if (!_holds)
        {
            return;
        }

        Monitor.Enter(Switch);
        _allowed = backends.cuda.matmul.allow_tf32;
        backends.cuda.matmul.allow_tf32 = false;
    }

    /// <summary>Restores what the application allows.</summary>
    public void Dispose()
    {
        if (!_holds)
        {
            return;
        }

        backends.cuda.matmul.allow_tf32 = _allowed;
        Monitor.Exit(Switch);
    }
}
