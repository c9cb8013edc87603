using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.Tensors;

/// <summary>The memory behind a tensor, and a tensor over memory.</summary>
internal static unsafe partial class TensorMemory
{
    private const string Library = "LibTorchSharp";

    /// <summary>The address of a tensor's first element on its device, valid for as long as the tensor lives.</summary>
    /// <param name="tensor">A tensor of any strides.</param>
    public static void* Of(torch.Tensor tensor)
    {
        // TorchSharp's public ways to this address copy a CUDA tensor, refuse more than 2 GB or strides, or forget the offset.
        var address = THSTensor_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>The numbers of a tensor. TorchSharp's own accessor makes arrays of any rank, which a program compiled ahead of time cannot.</summary>
    /// <param name="tensor">A float64 tensor on any device.</param>
    public static double[] Doubles(torch.Tensor tensor) => Copy<double>(tensor);

    /// <summary>The numbers of a tensor, as <see cref="Doubles"/>.</summary>
    /// <param name="tensor">An int64 tensor on any device.</param>
    public static long[] Longs(torch.Tensor tensor) => Copy<long>(tensor);

    /// <summary>A tensor over float32 numbers of the CPU, which must outlive it.</summary>
    /// <param name="numbers">The first.</param>
    /// <param name="count">How many.</param>
    public static torch.Tensor Over(float* numbers, long count) => Over(numbers, [count], &LeaveAlone);

    /// <summary>A tensor over float32 numbers of the CPU, whose owner is told when no tensor and no graph needs them any more.</summary>
    /// <param name="numbers">The first.</param>
    /// <param name="shape">The tensor's shape.</param>
    /// <param name="letGo">Is told, with the address of the first number; on any thread, and may not throw.</param>
    public static torch.Tensor Over(float* numbers, ReadOnlySpan<long> shape, delegate* unmanaged[Cdecl]<void*, void> letGo)
    {
        const sbyte Float32 = (sbyte)torch.ScalarType.Float32;
        fixed (long* sizes = shape)
        {
            var tensor = THSTensor_new(numbers, letGo, sizes, shape.Length, Float32, Float32, (int)DeviceType.CPU, -1, requiresGrad: false);
            torch.CheckForErrors();
            return torch.Tensor.UnsafeCreateTensor(tensor);
        }
    }

    private static T[] Copy<T>(torch.Tensor tensor)
        where T : unmanaged
    {
        using var scope = torch.NewDisposeScope();
        var numbers = tensor.cpu().contiguous();
        var result = new Span<T>(Of(numbers), checked((int)numbers.numel())).ToArray();
        GC.KeepAlive(numbers);
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void LeaveAlone(void* numbers)
    {
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial void* THSTensor_data(nint tensor);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint THSTensor_new(
        void* data,
        delegate* unmanaged[Cdecl]<void*, void> deleter,
        long* sizes,
        int dimensions,
        sbyte elementOfData,
        sbyte element,
        int deviceType,
        int deviceIndex,
        [MarshalAs(UnmanagedType.U1)] bool requiresGrad);
}
