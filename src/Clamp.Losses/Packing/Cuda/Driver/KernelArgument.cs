namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>One argument of a kernel, in the first bytes of eight.</summary>
internal readonly struct KernelArgument
{
    public readonly long Bits;

    private KernelArgument(long bits) => Bits = bits;

    public static implicit operator KernelArgument(int value) => new(value);

    public static implicit operator KernelArgument(long value) => new(value);

    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToInt32Bits(value));

    public static implicit operator KernelArgument(double value) => new(BitConverter.DoubleToInt64Bits(value));

    /// <summary>An address.</summary>
    /// <param name="address">The address.</param>
    public static unsafe implicit operator KernelArgument(void* address) => new((long)address);
}
