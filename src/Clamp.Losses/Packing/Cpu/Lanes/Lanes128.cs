using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Clamp.Losses.Packing.Cpu.Lanes;

/// <summary>Four float32 numbers in 128 bits.</summary>
internal readonly unsafe struct Lanes128(Vector128<float> value) : ILanes<Lanes128>
{
    private readonly Vector128<float> _value = value;

    public static int Count => Vector128<float>.Count;

    public static Lanes128 operator +(Lanes128 left, Lanes128 right) => new(left._value + right._value);

    public static Lanes128 operator -(Lanes128 left, Lanes128 right) => new(left._value - right._value);

    public static Lanes128 operator *(Lanes128 left, Lanes128 right) => new(left._value * right._value);

    public static Lanes128 operator /(Lanes128 left, Lanes128 right) => new(left._value / right._value);

    public static Lanes128 operator &(Lanes128 left, Lanes128 right) => new(left._value & right._value);

    public static Lanes128 operator |(Lanes128 left, Lanes128 right) => new(left._value | right._value);

    public static Lanes128 operator ~(Lanes128 value) => new(~value._value);

    public static Lanes128 Load(float* source) => new(Vector128.Load(source));

    public static Lanes128 All(float value) => new(Vector128.Create(value));

#if NET9_0_OR_GREATER
    public static Lanes128 MultiplyAdd(Lanes128 left, Lanes128 right, Lanes128 addend) =>
        new(Vector128.MultiplyAddEstimate(left._value, right._value, addend._value));

    public static Lanes128 Power(Lanes128 value, float exponent) => new(Vector128.Exp(Vector128.Log(value._value) * exponent));
#else
    public static Lanes128 MultiplyAdd(Lanes128 left, Lanes128 right, Lanes128 addend) =>
        new(FusedMultiply.Add(left._value, right._value, addend._value));

    public static Lanes128 Power(Lanes128 value, float exponent)
    {
        var lanes = stackalloc float[Vector128<float>.Count];
        value.Store(lanes);
        for (int lane = 0; lane < Count; lane++)
        {
            lanes[lane] = MathF.Pow(lanes[lane], exponent);
        }

        return Load(lanes);
    }
#endif

    public static Lanes128 Sqrt(Lanes128 value) => new(Vector128.Sqrt(value._value));

    public static Lanes128 Min(Lanes128 left, Lanes128 right) => new(Vector128.Min(left._value, right._value));

    public static Lanes128 AtMost(Lanes128 left, Lanes128 right) => new(Vector128.LessThanOrEqual(left._value, right._value));

    public void Store(float* destination) => _value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRows(double* sums, float* first, nint stride, int rows)
    {
        var rest = sums + Vector128<double>.Count;
        var (lowerSum, upperSum) = (Vector128.Load(sums), Vector128.Load(rest));
        for (int row = 0; row < rows; row++, first += stride)
        {
            var (lower, upper) = Vector128.Widen(Vector128.Load(first));
            lowerSum += lower;
            upperSum += upper;
        }

        lowerSum.Store(sums);
        upperSum.Store(rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddTo(double* sums)
    {
        var (lower, upper) = Vector128.Widen(_value);
        (Vector128.Load(sums) + lower).Store(sums);
        var rest = sums + Vector128<double>.Count;
        (Vector128.Load(rest) + upper).Store(rest);
    }

    public float Sum() => Vector128.Sum(_value);

    public uint Signs() => (uint)_value.ExtractMostSignificantBits();
}
