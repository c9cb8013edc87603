namespace Clamp.Losses.Mpi;

/// <summary>What all members of a group do together.</summary>
internal enum Collective
{
    AllGather,
    AllReduceSum,
    Broadcast,
    Barrier,

    /// <summary>The process ends.</summary>
    Leave,
}
