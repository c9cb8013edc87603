using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

internal static class Gathering
{
    public static void Concatenates(MpiProcessGroup group)
    {
        foreach (var dtype in Sample.Any)
        {
            Check(group, rank => Sample.Of(rank, dtype, 3, 2));
        }
    }

    public static void ConcatenatesUnequalParts(MpiProcessGroup group)
    {
        Check(group, rank => Sample.Of(rank, ScalarType.Float32, rank, 4));
        Check(group, rank => Sample.Of(rank, ScalarType.Float64, rank == group.WorldSize - 1 ? 5 : 0));
        Check(group, rank => Sample.Of(rank, ScalarType.Int64, 0, 3));
        Check(group, rank => Sample.Of(rank, ScalarType.Bool, rank + 1, 1, 2, 1, 1, 1, 1, 1, 2));
    }

    public static void TakesStridedTensors(MpiProcessGroup group)
    {
        Check(group, rank => Sample.Of(rank, ScalarType.Float32, 2, 5).t());
        Check(group, rank => Sample.Of(rank, ScalarType.Float32, 6, 2).narrow(0, 1, 4));
        Check(group, rank => Sample.Of(rank, ScalarType.Float32, 1, 3).expand(4, 3));
    }

    public static void MovesMoreThanOffsetsReach(MpiProcessGroup group)
    {
        using var pieces = new MpiProcessGroup { LargestPiece = 24 };
        Check(pieces, rank => Sample.Of(rank, ScalarType.Float64, (2 * rank) + 1, 5));
    }

    private static void Check(MpiProcessGroup group, Func<int, Tensor> part)
    {
        using var scope = NewDisposeScope();
        group.AllGather(part(group.Rank)).ShouldBeBitwise(cat([.. Enumerable.Range(0, group.WorldSize).Select(part)], 0));
    }
}
