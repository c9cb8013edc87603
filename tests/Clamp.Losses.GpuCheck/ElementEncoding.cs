using System.Runtime.InteropServices;
using Clamp.Losses.Packing;

namespace Clamp.Losses.GpuCheck;

/// <summary>Numbers as the kernels read and write them.</summary>
internal static class ElementEncoding
{
    /// <summary>Bytes of one number.</summary>
    /// <param name="element">float32, float16 or bfloat16.</param>
    public static int SizeOf(ElementType element) => element == ElementType.Float32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Rounds numbers to nearest.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="element">float32, float16 or bfloat16.</param>
    public static byte[] Encode(double[] values, ElementType element) => element switch
    {
        ElementType.Float32 => Bytes(Array.ConvertAll(values, value => (float)value)),
        ElementType.Float16 => Bytes(Array.ConvertAll(values, value => (Half)value)),
        _ => Bytes(Array.ConvertAll(values, BFloat16Bits)),
    };

    /// <summary>The numbers that bytes stand for.</summary>
    /// <param name="bytes">What <see cref="Encode"/> gives.</param>
    /// <param name="element">float32, float16 or bfloat16.</param>
    public static double[] Decode(byte[] bytes, ElementType element) => element switch
    {
        ElementType.Float32 => Array.ConvertAll(Numbers<float>(bytes), value => (double)value),
        ElementType.Float16 => Array.ConvertAll(Numbers<Half>(bytes), value => (double)value),
        _ => Array.ConvertAll(Numbers<ushort>(bytes), bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16)),
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
