using Clamp.Losses.Packing.Cuda.Driver;
using Clamp.Losses.Tests.Support;

namespace Clamp.Losses.Tests.Packing.Cuda.Driver;

/// <summary>The machine's own NVRTC.</summary>
internal static class MachineNvrtc
{
    /// <summary>Loads it; skips the test where there is none, see <see cref="MachineComponent"/>.</summary>
    public static Nvrtc Open()
    {
        try
        {
            return new Nvrtc(CudaLibraries.Nvrtc());
        }
        catch (InvalidOperationException exception)
        {
            MachineComponent.SkipUnless(false, exception.Message);
            throw;
        }
    }
}
