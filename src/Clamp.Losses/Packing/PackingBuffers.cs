using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>The memory of one step, in one piece, kept from step to step.</summary>
internal sealed unsafe class PackingBuffers : IDisposable
{
    private readonly Tensor _memory;

    /// <summary>Allocates for a shape.</summary>
    /// <param name="kernels">Who will use it.</param>
    /// <param name="device">Where.</param>
    /// <param name="shape">V, B and D.</param>
    /// <param name="workers">How many may work at once.</param>
    public PackingBuffers(IPackingKernels kernels, Device device, BatchShape shape, int workers)
    {
        var bytes = new BatchMemory(null, shape, kernels, workers).Bytes;
        _memory = empty([bytes + MemoryPieces.Alignment], uint8, device).DetachFromDisposeScope();
        var start = ((nint)TensorMemory.Of(_memory) + MemoryPieces.Alignment - 1) / MemoryPieces.Alignment * MemoryPieces.Alignment;
        Batch = new BatchMemory((void*)start, shape, kernels, workers);
    }

    /// <summary>What lies where.</summary>
    public BatchMemory Batch { get; }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
