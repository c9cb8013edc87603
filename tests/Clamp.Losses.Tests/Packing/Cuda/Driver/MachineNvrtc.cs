using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda.Driver;

/// <summary>The machine's own NVRTC.</summary>
internal static class MachineNvrtc
{
    /// <summary>Loads it; skips the test where there is none.</summary>
    public static Nvrtc Open()
    {
        try
        {
            return new Nvrtc(CudaLibraries.Nvrtc());
        }
        catch (InvalidOperationException exception)
        {
            Skip.If(true, exception.Message);
            throw;
        }
    }
}
