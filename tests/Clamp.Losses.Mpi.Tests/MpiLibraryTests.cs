namespace Clamp.Losses.Mpi.Tests;

public sealed class MpiLibraryTests
{
    [Fact]
    public void NoLibraryIsAnErrorThatNamesAllThatWereLookedFor()
    {
        var load = () => MpiLibrary.Load(["libnosuchmpi.so.40", "libnosuchmpi.so.12"]);
        load.Should().Throw<DllNotFoundException>().WithMessage("*libnosuchmpi.so.40, libnosuchmpi.so.12*openmpi-bin*module load*CLAMP_MPI_LIBRARY*");
    }

    [Fact]
    public void ALibraryWithoutMpiIsNotTaken()
    {
        var load = () => MpiLibrary.Load(["libc.so.6"]);
        load.Should().Throw<DllNotFoundException>();
    }
}
