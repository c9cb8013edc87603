namespace Clamp.Losses.Mpi;

/// <summary>What started this process, as its environment variables tell.</summary>
internal static class Launcher
{
    // Open MPI's mpirun; MPICH's and Intel's mpiexec, and srun --mpi=pmi2; srun.
    private static readonly string[] SizeVariables = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];

    /// <summary>Refuses a process that is alone though it was started with others: each of them would train by itself.</summary>
    /// <exception cref="InvalidOperationException">It is.</exception>
    public static void CheckSize(int size)
    {
        if (size > 1)
        {
            return;
        }

        foreach (var variable in SizeVariables)
        {
            if (int.TryParse(Environment.GetEnvironmentVariable(variable), out var started) && started > 1)
            {
                throw new InvalidOperationException(
                    $"{started} processes were started ({variable}), but this one's MPI library knows of no other: it is not the launcher's. " +
                    $"Start with that library's own mpirun (with srun: --mpi=pmix), or name the launcher's library in {MpiLibrary.Variable}.");
            }
        }
    }
}
