using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

internal static class Membership
{
    public static void KnowsItsMachine(MpiProcessGroup group)
    {
        group.LocalWorldSize.Should().Be(Launched("OMPI_COMM_WORLD_LOCAL_SIZE", group.WorldSize));
        group.LocalRank.Should().Be(Launched("OMPI_COMM_WORLD_LOCAL_RANK", group.Rank));

        static int Launched(string variable, int otherwise) =>
            Environment.GetEnvironmentVariable(variable) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
    }

    public static void CountsWhatItSends(MpiProcessGroup group)
    {
        using var counted = new MpiProcessGroup();
        counted.AllGather(zeros(group.Rank, 3)).Dispose();
        counted.BytesSent.Should().Be(12 * group.Rank);
        counted.AllReduceSum(zeros(5, ScalarType.Float16));
        counted.BytesSent.Should().Be((12 * group.Rank) + 20, "half precision travels in float32");
        counted.Broadcast(zeros(2, ScalarType.Int64), root: 0);
        counted.BytesSent.Should().Be((12 * group.Rank) + 20 + (group.Rank == 0 ? 16 : 0));
        counted.Barrier();
        counted.Calls.Should().Be(4);
    }

    public static void LeavesGraphsAlone(MpiProcessGroup group)
    {
        using var parameter = Sample.Of(group.Rank, ScalarType.Float32, 3, 2).requires_grad_();
        group.Broadcast(parameter, 0);
        group.Broadcast(parameter.t(), 0);
        parameter.ShouldBeBitwise(Sample.Of(0, ScalarType.Float32, 3, 2));
        using var gathered = group.AllGather(parameter);
        (parameter.requires_grad, parameter.is_leaf, gathered.requires_grad).Should().Be((true, true, false));
    }

    public static void KeepsNoTensor(MpiProcessGroup group)
    {
        using var strided = Sample.Of(group.Rank, ScalarType.Float16, 4, 3).t();
        var before = Tensor.TotalCount;
        group.AllReduceSum(strided);
        group.Broadcast(strided, 0);
        group.AllGather(strided).Dispose();
        group.Barrier();
        Tensor.TotalCount.Should().Be(before);
    }

    public static void IsCalledFromAnyThread(MpiProcessGroup group)
    {
        for (var call = 0; call < 5; call++)
        {
            var thread = new Thread(() => Summing.AddsInPieces(group));
            thread.Start();
            thread.Join();
        }
    }

    public static void RefusesAfterDispose(MpiProcessGroup group)
    {
        var disposed = new MpiProcessGroup();
        disposed.Dispose();
        disposed.Dispose();
        disposed.Invoking(it => it.Barrier()).Should().Throw<ObjectDisposedException>();
        disposed.Invoking(it => it.AllGather(zeros(1))).Should().Throw<ObjectDisposedException>();
        disposed.Invoking(it => it.AllReduceSum(zeros(1))).Should().Throw<ObjectDisposedException>();
        disposed.Invoking(it => it.Broadcast(zeros(1), 0)).Should().Throw<ObjectDisposedException>();
    }

    public static void SharesTheJob(MpiProcessGroup group)
    {
        using (var first = new MpiProcessGroup())
            first.Barrier();

        using var second = new MpiProcessGroup();
        (second.Rank, second.WorldSize).Should().Be((group.Rank, group.WorldSize));
        using var tensor = ones(1);
        second.AllReduceSum(tensor);
        group.AllReduceSum(tensor);
        tensor.item<float>().Should().Be(group.WorldSize * group.WorldSize);
    }

    // Open MPI has handlers for SIGSEGV and SIGFPE of its own, which are how the runtime sees null and a division by zero.
    public static void LeavesTheRuntimeItsSignals(MpiProcessGroup group)
    {
        string? nothing = group.Rank < 0 ? "" : null;
        var zero = group.Rank - group.Rank;
        group.Invoking(_ => nothing!.Length).Should().Throw<NullReferenceException>();
        group.Invoking(it => it.WorldSize / zero).Should().Throw<DivideByZeroException>();
        using var child = Process.Start("/bin/sh", ["-c", "exit 7"]);
        child.WaitForExit(TimeSpan.FromSeconds(20)).Should().BeTrue();
        child.ExitCode.Should().Be(7);
    }
}
