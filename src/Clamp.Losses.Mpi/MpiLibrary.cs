using System.Runtime.InteropServices;

namespace Clamp.Losses.Mpi;

/// <summary>Finds the system's MPI library.</summary>
internal static class MpiLibrary
{
    /// <summary>An environment variable: the MPI library to use, a path or a name, instead of those looked for.</summary>
    public const string Variable = "CLAMP_MPI_LIBRARY";

    private static readonly string[] OpenMpi = ["libmpi.so.40", "libmpi.so"];
    private static readonly string[] Mpich = ["libmpi.so.12", "libmpich.so.12"];

    /// <summary>The names to look for, the launcher's own library first: processes of another one would not see each other.</summary>
    public static IEnumerable<string> Names()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
        {
            return [chosen];
        }

        var startedByMpich = Environment.GetEnvironmentVariable("PMI_RANK") != null && Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK") == null;
        return startedByMpich ? Mpich.Concat(OpenMpi) : OpenMpi.Concat(Mpich);
    }

    /// <summary>Loads the first that there is.</summary>
    /// <exception cref="DllNotFoundException">There is none.</exception>
    public static nint Load(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, nameof(Mpi.MPI_Init_thread), out _))
            {
                return library;
            }
        }

        throw new DllNotFoundException(
            $"No MPI library is found (looked for {string.Join(", ", names)}). Install Open MPI (Debian and Ubuntu: apt install openmpi-bin) " +
            $"or load your cluster's (module load openmpi), or name the library's file in {Variable}.");
    }
}
