#if !NET9_0_OR_GREATER
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Clamp.Losses.Packing.Cpu.Lanes;

/// <summary>What .NET 9 calls MultiplyAddEstimate: left * right + addend, rounded once where the machine can.</summary>
internal static class FusedMultiply
{
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Avx512F.IsSupported ? Avx512F.FusedMultiplyAdd(left, right, addend) : (left * right) + addend;

    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Fma.IsSupported ? Fma.MultiplyAdd(left, right, addend) : (left * right) + addend;

    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Fma.IsSupported ? Fma.MultiplyAdd(left, right, addend)
        : AdvSimd.IsSupported ? AdvSimd.FusedMultiplyAdd(addend, left, right)
        : (left * right) + addend;
}
#endif
