using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

/// <summary>A member's tensor, which the others can compute too: small whole numbers, exact in every dtype.</summary>
internal static class Sample
{
    public static readonly ScalarType[] Summable =
        [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64];

    public static readonly ScalarType[] Any =
        [.. Summable, ScalarType.Int32, ScalarType.Byte, ScalarType.Bool, ScalarType.ComplexFloat32];

    public static Tensor Of(int rank, ScalarType dtype, params long[] shape) =>
        (arange(shape.Aggregate(1L, (size, one) => size * one), ScalarType.Int64) % 7 + rank).to(dtype).reshape(shape);

    public static Tensor Sum(int members, ScalarType dtype, params long[] shape) =>
        Enumerable.Range(0, members).Select(rank => Of(rank, ScalarType.Int64, shape)).Aggregate((sum, one) => sum + one).to(dtype);

    public static void ShouldBeBitwise(this Tensor actual, Tensor expected)
    {
        actual.dtype.Should().Be(expected.dtype);
        actual.shape.Should().Equal(expected.shape);
        actual.contiguous().bytes.SequenceEqual(expected.contiguous().bytes).Should().BeTrue($"{actual.dtype} {actual} is {expected}");
    }
}
