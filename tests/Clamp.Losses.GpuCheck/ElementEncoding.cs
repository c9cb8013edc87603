using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.GpuCheck;

/// <summary>Numbers as the kernels read and write them.</summary>
internal static class ElementEncoding
{
    /// <summary>Bytes of one number.</summary>
    /// <param name="element">float32, float16 or bfloat16.</param>
    public static int SizeOf(torch.ScalarType element) => element == torch.ScalarType.Float32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Rounds numbers to nearest.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="element">float32, float16 or bfloat16.</param>
    public static byte[] Encode(double[] values, torch.ScalarType element) => element switch
    {
        torch.ScalarType.Float32 => Bytes(Array.ConvertAll(values, value => (float)value)),
        torch.ScalarType.Float16 => Bytes(Array.ConvertAll(values, value => (Half)value)),
        torch.ScalarType.BFloat16 => Bytes(Array.ConvertAll(values, BFloat16Bits)),
        _ => throw new ArgumentException($"{element} was given; it must be Float32, Float16 or BFloat16.", nameof(element)),
    };

    /// <summary>The numbers that bytes stand for.</summary>
    /// <param name="bytes">What <see cref="Encode"/> gives.</param>
    /// <param name="element">float32, float16 or bfloat16.</param>
    public static double[] Decode(byte[] bytes, torch.ScalarType element) => element switch
    {
        torch.ScalarType.Float32 => Array.ConvertAll(Numbers<float>(bytes), value => (double)value),
        torch.ScalarType.Float16 => Array.ConvertAll(Numbers<Half>(bytes), value => (double)value),
        torch.ScalarType.BFloat16 => Array.ConvertAll(Numbers<ushort>(bytes), bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16)),
        _ => throw new ArgumentException($"{element} was given; it must be Float32, Float16 or BFloat16.", nameof(element)),
    };

    private static ushort BFloat16Bits(double value)
    {
        var bits = BitConverter.SingleToUInt32Bits((float)value);

        // A NaN stays one; everything else goes to nearest, ties to even.
        return double.IsNaN(value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    private static byte[] Bytes<T>(T[] numbers)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(numbers).ToArray();

    private static T[] Numbers<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes).ToArray();
}
