using Clamp.Losses.Mpi;
using Clamp.Losses.Mpi.Program;

// One process of a test. mpirun starts some, and each does what its arguments name, in this order; rank 0 says what has passed.
try
{
    using var group = new MpiProcessGroup();
    var exitCode = 0;
    foreach (var name in args)
    {
        if (Check(name) is not { } check)
        {
            exitCode = Fault(name)(group);
            continue;
        }

        check(group);
        group.Barrier();
        if (group.Rank == 0)
        {
            Console.WriteLine($"{name}: passed");
        }
    }

    return exitCode;
}
catch (HandledFault fault)
{
    Console.Error.WriteLine($"Handled: {fault.Message}");
    return fault.ExitCode;
}

static Action<MpiProcessGroup>? Check(string name) => name switch
{
    "gather" => Gathering.Concatenates,
    "gather-unequal" => Gathering.ConcatenatesUnequalParts,
    "gather-strided" => Gathering.TakesStridedTensors,
    "gather-in-turn" => Gathering.MovesMoreThanOffsetsReach,
    "sum" => Summing.Adds,
    "sum-strided" => Summing.ChangesStridedTensorsInPlace,
    "sum-large" => Summing.AddsFortyMegabytes,
    "sum-in-pieces" => Summing.AddsInPieces,
    "sum-bits" => Summing.GivesAllMembersTheSameBits,
    "broadcast" => Broadcasting.SendsFromEachRoot,
    "broadcast-strided" => Broadcasting.ChangesStridedTensorsInPlace,
    "broadcast-in-pieces" => Broadcasting.SendsInPieces,
    "loss-golden" => Packing.GoldenCasesAreThoseOfOneProcess,
    "loss-bytes" => Packing.SendsCentroidsInsteadOfEmbeddings,
    "loss-geometry" => Packing.GeometryIsThatOfOneProcess,
    "loss-disagreement" => Packing.DisagreementIsAnErrorOnEveryMember,
    "parameters" => Membership.LeavesGraphsAlone,
    "counters" => Membership.CountsWhatItSends,
    "disagreement" => Disagreement.IsAnErrorOnEveryMember,
    "wrong-argument" => Disagreement.WrongArgumentsAreErrorsOnEveryMember,
    "machine" => Membership.KnowsItsMachine,
    "tensors" => Membership.KeepsNoTensor,
    "threads" => Membership.IsCalledFromAnyThread,
    "dispose" => Membership.RefusesAfterDispose,
    "second-group" => Membership.SharesTheJob,
    "runtime" => Membership.LeavesTheRuntimeItsSignals,
    _ => null,
};

static Func<MpiProcessGroup, int> Fault(string name) => name switch
{
    "throw" => Faults.Throw,
    "throw-on-thread" => Faults.ThrowOnThread,
    "throw-handled" => Faults.ThrowHandled,
    "kill" => Faults.Kill,
    "fail-fast" => Faults.FailFast,
    "exit-3" => Faults.ExitWith3,
    "return-0" => Faults.ReturnEarly,
    "all-return-4" => Faults.AllReturn4,
    "all-exit-0" => Faults.AllExit0,
    "mpi-error" => Faults.MpiError,
    _ => throw new ArgumentException($"There is no case {name}."),
};
