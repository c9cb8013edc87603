using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Clamp.Losses.Packing.Cpu.Lanes;

/// <summary>Eight float32 numbers in 256 bits.</summary>
internal readonly unsafe struct Lanes256(Vector256<float> value) : ILanes<Lanes256>
{
    private readonly Vector256<float> _value = value;

    public static int Count => Vector256<float>.Count;

    public static Lanes256 operator +(Lanes256 left, Lanes256 right) => new(left._value + right._value);

    public static Lanes256 operator -(Lanes256 left, Lanes256 right) => new(left._value - right._value);

    public static Lanes256 operator *(Lanes256 left, Lanes256 right) => new(left._value * right._value);

    public static Lanes256 operator /(Lanes256 left, Lanes256 right) => new(left._value / right._value);

    public static Lanes256 operator &(Lanes256 left, Lanes256 right) => new(left._value & right._value);

    public static Lanes256 operator |(Lanes256 left, Lanes256 right) => new(left._value | right._value);

    public static Lanes256 operator ~(Lanes256 value) => new(~value._value);

    public static Lanes256 Load(float* source) => new(Vector256.Load(source));

    public static Lanes256 All(float value) => new(Vector256.Create(value));

#if NET9_0_OR_GREATER
    public static Lanes256 MultiplyAdd(Lanes256 left, Lanes256 right, Lanes256 addend) =>
        new(Vector256.MultiplyAddEstimate(left._value, right._value, addend._value));

    public static Lanes256 Power(Lanes256 value, float exponent) => new(Vector256.Exp(Vector256.Log(value._value) * exponent));
#else
    public static Lanes256 MultiplyAdd(Lanes256 left, Lanes256 right, Lanes256 addend) =>
        new(FusedMultiply.Add(left._value, right._value, addend._value));

    public static Lanes256 Power(Lanes256 value, float exponent)
    {
        var lanes = stackalloc float[Vector256<float>.Count];
        value.Store(lanes);
        for (int lane = 0; lane < Count; lane++)
        {
            lanes[lane] = MathF.Pow(lanes[lane], exponent);
        }

        return Load(lanes);
    }
#endif

    public static Lanes256 Sqrt(Lanes256 value) => new(Vector256.Sqrt(value._value));

    public static Lanes256 Min(Lanes256 left, Lanes256 right) => new(Vector256.Min(left._value, right._value));

    public static Lanes256 AtMost(Lanes256 left, Lanes256 right) => new(Vector256.LessThanOrEqual(left._value, right._value));

    public void Store(float* destination) => _value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRows(double* sums, float* first, nint stride, int rows)
    {
        var rest = sums + Vector256<double>.Count;
        var (lowerSum, upperSum) = (Vector256.Load(sums), Vector256.Load(rest));
        for (int row = 0; row < rows; row++, first += stride)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Load(first));
            lowerSum += lower;
            upperSum += upper;
        }

        lowerSum.Store(sums);
        upperSum.Store(rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddTo(double* sums)
    {
        var (lower, upper) = Vector256.Widen(_value);
        (Vector256.Load(sums) + lower).Store(sums);
        var rest = sums + Vector256<double>.Count;
        (Vector256.Load(rest) + upper).Store(rest);
    }

    public float Sum() => Vector256.Sum(_value);

    public uint Signs() => (uint)_value.ExtractMostSignificantBits();
}
