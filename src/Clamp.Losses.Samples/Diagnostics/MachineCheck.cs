using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>The machine and the .NET runtime.</summary>
internal static class MachineCheck
{
    private const double GiB = 1L << 30;
    private const double LittleDisk = 1;

    public static IEnumerable<Finding> Examine() =>
    [
        new("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}"),
        new(".NET", RuntimeInformation.FrameworkDescription),
        new("processor", $"{ProcessorName()}, {Environment.ProcessorCount} cores, vectors of {VectorBits()} bits"),
        new("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / GiB:F1} GiB"),
        Disk(),
    ];

    private static string ProcessorName()
    {
        const string File = "/proc/cpuinfo";
        var line = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[^1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static int VectorBits() =>
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;

    private static Finding Disk()
    {
        var free = new DriveInfo(Directory.GetCurrentDirectory()).AvailableFreeSpace / GiB;
        return new("free disk", $"{free:F1} GiB where runs are written", free < LittleDisk ? "Make room, or name another --output." : null);
    }
}
