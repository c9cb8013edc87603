using Clamp.Losses.Mpi;
using Clamp.Losses.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>
/// The processes that mpirun, mpiexec or srun started and that train one network together; this process alone without them. Rank 0 speaks,
/// logs and saves; the others only compute.
/// </summary>
internal static class TrainingJob
{
    // Open MPI's mpirun; MPICH's and Intel's mpiexec; srun.
    private static readonly string[] SizeVariables = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];

    private static MpiProcessGroup? _joined;

    /// <summary>Whether this process was started with others.</summary>
    public static bool IsOneOfMany { get; } =
        SizeVariables.Any(variable => int.TryParse(Environment.GetEnvironmentVariable(variable), out var size) && size > 1);

    /// <summary>The processes.</summary>
    public static IProcessGroup Group => (IProcessGroup?)_joined ?? SingleProcessGroup.Instance;

    /// <summary>The number of processes on this machine.</summary>
    public static int LocalProcesses => _joined?.LocalWorldSize ?? 1;

    /// <summary>Where to compute: on a GPU of its own if there are as many as processes on the machine.</summary>
    public static Device Device => !cuda.is_available() ? CPU
        : _joined is null ? CUDA
        : torch.device(DeviceType.CUDA, _joined.LocalRank % cuda.device_count());

    /// <summary>Meets the other processes, if there are any; those but rank 0 fall silent.</summary>
    /// <exception cref="InvalidOptionsException">There is no MPI that works; the message says what is missing.</exception>
    public static void Join()
    {
        if (!IsOneOfMany)
        {
            return;
        }

        try
        {
            _joined = new MpiProcessGroup();
        }
        catch (Exception e) when (e is DllNotFoundException or MpiException or InvalidOperationException or NotSupportedException)
        {
            throw new InvalidOptionsException(e.Message);
        }

        if (_joined.Rank > 0)
        {
            Console.SetOut(TextWriter.Null);
        }
    }

    /// <summary>The exit code of them all, when each ends its training by a code of its own, 0 or that of a signal.</summary>
    /// <param name="own">This process's.</param>
    public static int Agree(int own)
    {
        using var scope = NewDisposeScope();
        return Group.AllGather(tensor(new long[] { own })).data<long>().Max(code => (int)code);
    }
}
