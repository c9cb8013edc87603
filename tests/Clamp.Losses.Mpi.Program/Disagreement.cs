using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

internal static class Disagreement
{
    public static void IsAnErrorOnEveryMember(MpiProcessGroup group)
    {
        if (group.WorldSize == 1)
        {
            return;
        }

        var last = group.Rank == group.WorldSize - 1;
        Check(group, () => group.AllGather(zeros(2, last ? 4 : 3)), "AllGather of Float32 [2, 3] on CPU", "AllGather of Float32 [2, 4] on CPU");
        Check(group, () => group.AllGather(last ? zeros(2, 3) : zeros(2)), "Float32 [2, 3]", "Float32 [2]");
        Check(group, () => group.AllGather(last ? zeros(2) : zeros(2).@double()), "Float32 [2]", "Float64 [2]");
        Check(group, () => group.AllReduceSum(zeros(last ? 4 : 3)), "AllReduceSum of Float32 [3] on CPU", "AllReduceSum of Float32 [4] on CPU");
        Check(group, () => group.Broadcast(zeros(3), last ? 1 : 0), "Broadcast of Float32 [3] on CPU from rank 0", "from rank 1");
        Check(group, () => Either(last, group.Barrier, () => group.AllReduceSum(zeros(3))), "Barrier", "AllReduceSum of Float32 [3] on CPU");
    }

    public static void WrongArgumentsAreErrorsOnEveryMember(MpiProcessGroup group)
    {
        group.Invoking(it => it.AllGather(tensor(1f))).Should().Throw<ArgumentException>().WithMessage("A scalar cannot be gathered*");
        group.Invoking(it => it.Broadcast(zeros(1), it.WorldSize)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*0 to*");
        group.Invoking(it => it.AllReduceSum(zeros(1, ScalarType.Bool))).Should().Throw<NotSupportedException>().WithMessage("*Bool*float32*");
        group.Invoking(it => it.AllReduceSum(null!)).Should().Throw<ArgumentNullException>();
    }

    // Every member is told what each gave, and the group works on.
    private static void Check(MpiProcessGroup group, Action call, string others, string lasts)
    {
        var text = call.Should().Throw<InvalidOperationException>().Which.Message;
        text.Should().StartWith("The group's members do not call the same: rank 0").And.Contain(others).And.Contain(lasts);
        text.Should().Contain($"rank {group.WorldSize - 1}: ");
        group.Barrier();
    }

    private static void Either(bool condition, Action one, Action other) => (condition ? one : other)();
}
