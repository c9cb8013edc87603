using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Clamp.Losses.Packing.Cpu.Lanes;

/// <summary>Sixteen float32 numbers in 512 bits.</summary>
internal readonly unsafe struct Lanes512(Vector512<float> value) : ILanes<Lanes512>
{
    private readonly Vector512<float> _value = value;

    public static int Count => Vector512<float>.Count;

    public static Lanes512 operator +(Lanes512 left, Lanes512 right) => new(left._value + right._value);

    public static Lanes512 operator -(Lanes512 left, Lanes512 right) => new(left._value - right._value);

    public static Lanes512 operator *(Lanes512 left, Lanes512 right) => new(left._value * right._value);

    public static Lanes512 operator /(Lanes512 left, Lanes512 right) => new(left._value / right._value);

    public static Lanes512 operator &(Lanes512 left, Lanes512 right) => new(left._value & right._value);

    public static Lanes512 operator |(Lanes512 left, Lanes512 right) => new(left._value | right._value);

    public static Lanes512 operator ~(Lanes512 value) => new(~value._value);

    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    public static Lanes512 All(float value) => new(Vector512.Create(value));

#if NET9_0_OR_GREATER
    public static Lanes512 MultiplyAdd(Lanes512 left, Lanes512 right, Lanes512 addend) =>
        new(Vector512.MultiplyAddEstimate(left._value, right._value, addend._value));

    public static Lanes512 Power(Lanes512 value, float exponent) => new(Vector512.Exp(Vector512.Log(value._value) * exponent));
#else
    public static Lanes512 MultiplyAdd(Lanes512 left, Lanes512 right, Lanes512 addend) =>
        new(FusedMultiply.Add(left._value, right._value, addend._value));

    public static Lanes512 Power(Lanes512 value, float exponent)
    {
        var lanes = stackalloc float[Vector512<float>.Count];
        value.Store(lanes);
        for (int lane = 0; lane < Count; lane++)
        {
            lanes[lane] = MathF.Pow(lanes[lane], exponent);
        }

        return Load(lanes);
    }
#endif

    public static Lanes512 Sqrt(Lanes512 value) => new(Vector512.Sqrt(value._value));

    public static Lanes512 Min(Lanes512 left, Lanes512 right) => new(Vector512.Min(left._value, right._value));

    public static Lanes512 AtMost(Lanes512 left, Lanes512 right) => new(Vector512.LessThanOrEqual(left._value, right._value));

    public void Store(float* destination) => _value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRows(double* sums, float* first, nint stride, int rows)
    {
        var rest = sums + Vector512<double>.Count;
        var (lowerSum, upperSum) = (Vector512.Load(sums), Vector512.Load(rest));
        for (int row = 0; row < rows; row++, first += stride)
        {
            var (lower, upper) = Vector512.Widen(Vector512.Load(first));
            lowerSum += lower;
            upperSum += upper;
        }

        lowerSum.Store(sums);
        upperSum.Store(rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddTo(double* sums)
    {
        var (lower, upper) = Vector512.Widen(_value);
        (Vector512.Load(sums) + lower).Store(sums);
        var rest = sums + Vector512<double>.Count;
        (Vector512.Load(rest) + upper).Store(rest);
    }

    public float Sum() => Vector512.Sum(_value);

    public uint Signs() => (uint)_value.ExtractMostSignificantBits();
}
