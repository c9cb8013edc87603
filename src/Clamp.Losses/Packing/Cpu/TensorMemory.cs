using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>The memory behind a CPU tensor.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>The address of a tensor's first element, valid for as long as the tensor lives.</summary>
    /// <param name="tensor">A CPU tensor with at least one element and any strides.</param>
    public static void* Of(torch.Tensor tensor)
    {
        // Tensor.bytes refuses more than 2 GB and anything strided; one element is neither.
        using var unrecorded = torch.no_grad();
        using var first = tensor.as_strided([1], [1], tensor.storage_offset());
        return Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }
}
