using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Autograd;

/// <summary>
/// The number 1 as a tensor, which tells when nothing holds it any more. A product with it is the other factor, and keeps it for the backward
/// pass: so it tells when torch lets go of a graph, which no function of torch does.
/// </summary>
internal static unsafe class WatchedOne
{
    /// <summary>Makes one.</summary>
    /// <param name="letGo">Is called once, on any thread, and may not throw.</param>
    /// <returns>A scalar of the CPU, float32.</returns>
    public static Tensor Create(Action letGo)
    {
        var memory = (Memory*)NativeMemory.Alloc((nuint)sizeof(Memory));
        *memory = new Memory { Number = 1, LetGo = GCHandle.ToIntPtr(GCHandle.Alloc(letGo)) };
        return TensorMemory.Over(&memory->Number, [], &Free);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(void* memory)
    {
        var letGo = GCHandle.FromIntPtr(((Memory*)memory)->LetGo);
        ((Action)letGo.Target!)();
        letGo.Free();
        NativeMemory.Free(memory);
    }

    private struct Memory
    {
        public float Number;
        public nint LetGo;
    }
}
