using System.Runtime.InteropServices;

namespace Clamp.Losses.Mpi;

/// <summary>
/// The functions of MPI that are used, under their own names. Handles are pointers here, as in Open MPI; where they are 32-bit integers,
/// as in MPICH, the callee reads the lower half of the register.
/// </summary>
internal static unsafe partial class Mpi
{
    public const int ThreadSerialized = 2;

    private const string Library = "libmpi";

    /// <summary>Takes the functions from this library; once in a process.</summary>
    public static void TakeFrom(nint library) =>
        NativeLibrary.SetDllImportResolver(typeof(Mpi).Assembly, (name, _, _) => name == Library ? library : 0);

    [LibraryImport(Library)]
    public static partial int MPI_Initialized(out int flag);

    [LibraryImport(Library)]
    public static partial int MPI_Finalized(out int flag);

    [LibraryImport(Library)]
    public static partial int MPI_Init_thread(void* argumentCount, void* arguments, int required, out int provided);

    [LibraryImport(Library)]
    public static partial int MPI_Finalize();

    [LibraryImport(Library)]
    public static partial int MPI_Abort(nint communicator, int errorCode);

    [LibraryImport(Library)]
    public static partial int MPI_Error_string(int errorCode, byte* text, out int length);

    [LibraryImport(Library)]
    public static partial int MPI_Comm_set_errhandler(nint communicator, nint handler);

    [LibraryImport(Library)]
    public static partial int MPI_Comm_dup(nint communicator, ref nint copy);

    [LibraryImport(Library)]
    public static partial int MPI_Comm_split_type(nint communicator, int type, int key, nint info, ref nint part);

    [LibraryImport(Library)]
    public static partial int MPI_Comm_rank(nint communicator, out int rank);

    [LibraryImport(Library)]
    public static partial int MPI_Comm_size(nint communicator, out int size);

    [LibraryImport(Library)]
    public static partial int MPI_Allreduce(void* sent, void* received, int count, nint type, nint operation, nint communicator);

    [LibraryImport(Library)]
    public static partial int MPI_Allgather(
        void* sent, int sentCount, nint sentType, void* received, int receivedCount, nint receivedType, nint communicator);

    [LibraryImport(Library)]
    public static partial int MPI_Allgatherv(
        void* sent, int sentCount, nint sentType, void* received, int* receivedCounts, int* displacements, nint receivedType, nint communicator);

    [LibraryImport(Library)]
    public static partial int MPI_Bcast(void* buffer, int count, nint type, int root, nint communicator);
}
