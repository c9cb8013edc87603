using System.Runtime.InteropServices;
using System.Text;

namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>The CUDA driver and NVRTC, its run-time compiler, asked directly: they say more than libtorch, which may be a CPU build.</summary>
internal static unsafe class CudaCheck
{
    private const int NameLength = 256;
    private static readonly string DriverName = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    private static readonly string[] CompilerNames = OperatingSystem.IsWindows()
        ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
        : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"];

    /// <summary>Whether the driver shows a GPU.</summary>
    public static bool HasDevice => NativeLibrary.TryLoad(DriverName, out var driver) && Devices(driver).Count > 0;

    public static IEnumerable<Finding> Examine() => [Driver(), Compiler()];

    private static Finding Driver()
    {
        const string Subject = "CUDA driver";
        if (!NativeLibrary.TryLoad(DriverName, out var driver))
        {
            return new Finding(Subject, $"none: {DriverName} is not there, nor needed on the CPU");
        }

        int version;
        var result = ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(driver, "cuDriverGetVersion"))(&version);
        var devices = Devices(driver);
        return result == 0 && devices.Count > 0
            ? new Finding(Subject, $"{DriverName} for CUDA {Text(version)}: {string.Join(", ", devices)}")
            : new Finding(Subject, $"{DriverName} is there and shows no GPU", "nvidia-smi tells why; a container needs --gpus all.");
    }

    private static List<string> Devices(nint driver)
    {
        int count;
        if (((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(driver, "cuInit"))(0) != 0
            || ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(driver, "cuDeviceGetCount"))(&count) != 0)
        {
            return [];
        }

        var getName = (delegate* unmanaged<byte*, int, int, int>)NativeLibrary.GetExport(driver, "cuDeviceGetName");
        var devices = new List<string>();
        Span<byte> name = stackalloc byte[NameLength];
        for (var device = 0; device < count; device++)
        {
            fixed (byte* first = name)
            {
                devices.Add(getName(first, NameLength, device) == 0 ? Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]) : "unnamed");
            }
        }

        return devices;
    }

    private static Finding Compiler()
    {
        const string Subject = "NVRTC";
        foreach (var name in CompilerNames)
        {
            if (NativeLibrary.TryLoad(name, out var compiler))
            {
                int major, minor;
                ((delegate* unmanaged<int*, int*, int>)NativeLibrary.GetExport(compiler, "nvrtcVersion"))(&major, &minor);
                return new Finding(Subject, $"{name}, version {major}.{minor}");
            }
        }

        return new Finding(
            Subject,
            $"none; looked for {string.Join(", ", CompilerNames)}",
            HasDevice ? "Install the CUDA run-time compiler that fits the driver, such as Debian's libnvrtc11.2 or NVIDIA's cuda-nvrtc-12-8." : null);
    }

    private static string Text(int version) => $"{version / 1000}.{version % 1000 / 10}";
}
