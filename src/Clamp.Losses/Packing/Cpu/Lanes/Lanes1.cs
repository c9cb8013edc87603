namespace Clamp.Losses.Packing.Cpu.Lanes;

/// <summary>One float32 number: what is left over at the end of a row, and machines without vectors.</summary>
internal readonly unsafe struct Lanes1(float value) : ILanes<Lanes1>
{
    private readonly float _value = value;

    public static int Count => 1;

    public static Lanes1 operator +(Lanes1 left, Lanes1 right) => new(left._value + right._value);

    public static Lanes1 operator -(Lanes1 left, Lanes1 right) => new(left._value - right._value);

    public static Lanes1 operator *(Lanes1 left, Lanes1 right) => new(left._value * right._value);

    public static Lanes1 operator /(Lanes1 left, Lanes1 right) => new(left._value / right._value);

    public static Lanes1 operator &(Lanes1 left, Lanes1 right) => FromBits(left.Bits() & right.Bits());

    public static Lanes1 operator |(Lanes1 left, Lanes1 right) => FromBits(left.Bits() | right.Bits());

    public static Lanes1 operator ~(Lanes1 value) => FromBits(~value.Bits());

    public static Lanes1 Load(float* source) => new(*source);

    public static Lanes1 All(float value) => new(value);

    public static Lanes1 MultiplyAdd(Lanes1 left, Lanes1 right, Lanes1 addend) => left * right + addend;

    public static Lanes1 Power(Lanes1 value, float exponent) => new(MathF.Pow(value._value, exponent));

    public static Lanes1 Sqrt(Lanes1 value) => new(MathF.Sqrt(value._value));

    public static Lanes1 Min(Lanes1 left, Lanes1 right) => new(MathF.Min(left._value, right._value));

    public static Lanes1 AtMost(Lanes1 left, Lanes1 right) => FromBits(left._value <= right._value ? uint.MaxValue : 0);

    public static void AddRows(double* sums, float* first, nint stride, int rows)
    {
        for (int row = 0; row < rows; row++, first += stride)
        {
            *sums += *first;
        }
    }

    public void Store(float* destination) => *destination = _value;

    public void AddTo(double* sums) => *sums += _value;

    public float Sum() => _value;

    public uint Signs() => Bits() >> 31;

    private static Lanes1 FromBits(uint bits) => new(BitConverter.UInt32BitsToSingle(bits));

    private uint Bits() => BitConverter.SingleToUInt32Bits(_value);
}
