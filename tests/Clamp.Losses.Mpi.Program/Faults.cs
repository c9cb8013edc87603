using System.Diagnostics;
using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

/// <summary>Rank 1 does something wrong at step 3, when the others wait for it.</summary>
internal static class Faults
{
    public static int Throw(MpiProcessGroup group) => AtStep3(group, () => throw new InvalidDataException("the disk is full"));

    public static int ThrowHandled(MpiProcessGroup group) => AtStep3(group, () => throw new HandledFault("the disk is full", 5));

    public static int ThrowOnThread(MpiProcessGroup group) => AtStep3(group, () =>
    {
        var thread = new Thread(() => throw new InvalidDataException("the disk is full"));
        thread.Start();
        thread.Join();
    });

    public static int Kill(MpiProcessGroup group) => AtStep3(group, () => Process.GetCurrentProcess().Kill());

    public static int FailFast(MpiProcessGroup group) => AtStep3(group, () => Environment.FailFast("the disk is full"));

    public static int ExitWith3(MpiProcessGroup group) => AtStep3(group, () => Environment.Exit(3));

    public static int ReturnEarly(MpiProcessGroup group) => AtStep3(group, () => throw new HandledFault("nothing is left to do", 0));

    public static int AllReturn4(MpiProcessGroup group) => 4;

    public static int AllExit0(MpiProcessGroup group)
    {
        group.Barrier();
        Environment.Exit(0);
        return 1;
    }

    public static unsafe int MpiError(MpiProcessGroup group)
    {
        var call = () =>
        {
            byte data;
            MpiJob.Current.Broadcast(&data, 1, root: 99);
        };
        var error = call.Should().Throw<MpiException>().Which;
        error.Operation.Should().Be("MPI_Bcast");
        error.ErrorCode.Should().NotBe(0);
        Console.WriteLine(error.Message);
        return 0;
    }

    private static int AtStep3(MpiProcessGroup group, Action fault)
    {
        using var gradient = ones(1000);
        for (var step = 1; step < 1000; step++)
        {
            if (group.Rank == 1 && step == 3)
            {
                Thread.Sleep(200);
                Console.WriteLine($"fault at {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}");
                Console.Out.Flush();
                fault();
            }

            group.AllReduceSum(gradient);
        }

        return 0;
    }
}
