namespace Clamp.Losses.Packing.Cpu.Lanes;

/// <summary>
/// As many float32 numbers as one register holds. The kernels' loops are written once over this and compiled for each width;
/// <see cref="Lanes1"/> does what is left over at the end of a row. A mask is a value whose lanes are all ones or all zeros.
/// </summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    static abstract TSelf operator &(TSelf left, TSelf right);

    static abstract TSelf operator |(TSelf left, TSelf right);

    static abstract TSelf operator ~(TSelf value);

    static abstract TSelf Load(float* source);

    static abstract TSelf All(float value);

    /// <summary>left * right + addend, rounded once where the machine can.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    static abstract TSelf Sqrt(TSelf value);

    /// <summary>The power of a base that is not negative; NaN stays NaN.</summary>
    static abstract TSelf Power(TSelf value, float exponent);

    /// <summary>The smaller; either of them where one is NaN.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary>A mask, false where either is NaN.</summary>
    static abstract TSelf AtMost(TSelf left, TSelf right);

    /// <summary>Adds as many rows as there are, lane by lane, to doubles.</summary>
    static abstract void AddRows(double* sums, float* first, nint stride, int rows);

    void Store(float* destination);

    /// <summary>Adds each lane to a double.</summary>
    void AddTo(double* sums);

    /// <summary>The sum over lanes.</summary>
    float Sum();

    /// <summary>The sign of each lane, the first in the lowest bit.</summary>
    uint Signs();
}
