using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

internal static class Summing
{
    public static void Adds(MpiProcessGroup group)
    {
        foreach (var dtype in Sample.Summable)
        {
            Check(group, dtype, 3, 5);
            Check(group, dtype);
            Check(group, dtype, 0, 2);
        }
    }

    public static void AddsFortyMegabytes(MpiProcessGroup group)
    {
        using var scope = NewDisposeScope();
        var pattern = arange(1_000, ScalarType.Float32).repeat(10_000);
        var tensor = pattern + group.Rank;
        group.AllReduceSum(tensor);
        var members = group.WorldSize;
        tensor.ShouldBeBitwise(pattern.mul_(members).add_(members * (members - 1) / 2));
    }

    public static void AddsInPieces(MpiProcessGroup group)
    {
        using var pieces = new MpiProcessGroup { LargestPiece = 24 };
        Check(pieces, ScalarType.Float32, 13);
        Check(pieces, ScalarType.Float64, 12);
    }

    public static void ChangesStridedTensorsInPlace(MpiProcessGroup group)
    {
        using var scope = NewDisposeScope();
        foreach (var dtype in Sample.Summable)
        {
            var (whole, summed) = (Sample.Of(group.Rank, dtype, 6, 4), Sample.Sum(group.WorldSize, dtype, 6, 4));
            var expected = whole.clone();
            expected.narrow(1, 1, 2).copy_(summed.narrow(1, 1, 2));
            group.AllReduceSum(whole.narrow(1, 1, 2));
            whole.ShouldBeBitwise(expected);
            expected.narrow(0, 3, 2).copy_(expected.narrow(0, 3, 2) * group.WorldSize);
            using var same = Sample.Of(0, dtype, 6, 4);
            group.AllReduceSum(same.narrow(0, 3, 2));
            same.narrow(0, 3, 2).ShouldBeBitwise(Sample.Of(0, dtype, 6, 4).narrow(0, 3, 2) * group.WorldSize);
            same.narrow(0, 0, 3).ShouldBeBitwise(Sample.Of(0, dtype, 6, 4).narrow(0, 0, 3));
        }
    }

    public static void GivesAllMembersTheSameBits(MpiProcessGroup group)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)(17 + group.Rank));
        foreach (var size in new long[] { 1, 33, 5_000, 300_007 })
        {
            var tensor = randn(size, ScalarType.Float32, generator: generator).pow(5);
            group.AllReduceSum(tensor);
            var all = group.AllGather(tensor.unsqueeze(0));
            for (var rank = 0; rank < group.WorldSize; rank++)
            {
                all[rank].ShouldBeBitwise(tensor);
            }
        }
    }

    private static void Check(MpiProcessGroup group, ScalarType dtype, params long[] shape)
    {
        using var scope = NewDisposeScope();
        var tensor = Sample.Of(group.Rank, dtype, shape);
        group.AllReduceSum(tensor);
        tensor.ShouldBeBitwise(Sample.Sum(group.WorldSize, dtype, shape));
    }
}
