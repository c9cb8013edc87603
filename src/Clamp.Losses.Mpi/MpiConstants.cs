using System.Runtime.InteropServices;

namespace Clamp.Losses.Mpi;

/// <summary>What mpi.h gives a C program: addresses of the library's own objects in Open MPI, numbers in MPICH.</summary>
internal sealed record MpiConstants(
    nint World, nint Byte, nint Float, nint Double, nint Int64, nint Sum, nint ErrorsReturn, nint NoInfo, nint InPlace, int SharedMemory)
{
    public static MpiConstants Of(nint library)
    {
        return NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _)
            ? new MpiConstants(
                Object("comm_world"), Object("byte"), Object("float"), Object("double"), Object("int64_t"), Object("op_sum"),
                Object("errors_return"), Object("info_null"), InPlace: 1, SharedMemory: 0)
            : new MpiConstants(
                World: 0x44000000, Byte: 0x4c00010d, Float: 0x4c00040a, Double: 0x4c00080b, Int64: 0x4c000809, Sum: 0x58000003,
                ErrorsReturn: 0x54000001, NoInfo: 0x1c000000, InPlace: -1, SharedMemory: 1);

        nint Object(string name) => NativeLibrary.GetExport(library, "ompi_mpi_" + name);
    }
}
