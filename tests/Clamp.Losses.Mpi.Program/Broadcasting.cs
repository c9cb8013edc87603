using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

internal static class Broadcasting
{
    public static void SendsFromEachRoot(MpiProcessGroup group)
    {
        foreach (var (index, dtype) in Sample.Any.Index())
        {
            var root = index % group.WorldSize;
            Check(group, dtype, root, 4, 3);
            Check(group, dtype, root);
            Check(group, dtype, root, 0);
        }
    }

    public static void SendsInPieces(MpiProcessGroup group)
    {
        using var pieces = new MpiProcessGroup { LargestPiece = 24 };
        Check(pieces, ScalarType.Float64, group.WorldSize - 1, 13);
        Check(pieces, ScalarType.Byte, 0, 49);
    }

    public static void ChangesStridedTensorsInPlace(MpiProcessGroup group)
    {
        using var scope = NewDisposeScope();
        var root = group.WorldSize - 1;
        var whole = Sample.Of(group.Rank, ScalarType.Float32, 6, 4);
        var expected = whole.clone();
        expected.narrow(1, 1, 2).copy_(Sample.Of(root, ScalarType.Float32, 6, 4).narrow(1, 1, 2));
        group.Broadcast(whole.narrow(1, 1, 2), root);
        whole.ShouldBeBitwise(expected);
    }

    private static void Check(MpiProcessGroup group, ScalarType dtype, int root, params long[] shape)
    {
        using var scope = NewDisposeScope();
        var tensor = Sample.Of(group.Rank, dtype, shape);
        group.Broadcast(tensor, root);
        tensor.ShouldBeBitwise(Sample.Of(root, dtype, shape));
    }
}
