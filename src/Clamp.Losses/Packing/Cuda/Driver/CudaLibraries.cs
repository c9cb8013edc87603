using System.Diagnostics;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>Where the CUDA libraries may be, best first.</summary>
internal static class NativeLibraryNames
{
    /// <summary>The driver, which comes with the machine.</summary>
    public static IReadOnlyList<string> Driver => OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1"];

    /// <summary>NVRTC: libtorch's own copy, which fits the driver that libtorch runs on, before the system's.</summary>
    public static IReadOnlyList<string> Nvrtc => [.. TorchFolders().SelectMany(NvrtcIn), .. SystemNvrtc];

    private static string[] SystemNvrtc => OperatingSystem.IsWindows()
        ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
        : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];

    /// <summary>
    /// NVRTC in one folder, whose name some packages extend by a hash, the newest version first; where there is none, the pattern, so
    /// that a message shows where it was looked for.
    /// </summary>
    /// <param name="folder">The folder.</param>
    public static IEnumerable<string> NvrtcIn(string folder)
    {
        var pattern = OperatingSystem.IsWindows() ? "nvrtc64_*.dll" : "libnvrtc*.so*";
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
        return files.Where(IsCompiler).OrderDescending(StringComparer.Ordinal).DefaultIfEmpty(Path.Combine(folder, pattern));
    }

    private static bool IsCompiler(string path)
    {
        var name = Path.GetFileName(path);
        return !name.Contains("builtins", StringComparison.Ordinal) && !name.Contains(".alt.", StringComparison.Ordinal);
    }

    private static IEnumerable<string> TorchFolders() =>
        LoadedTorchFolders()
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", OperatingSystem.IsWindows() ? "win-x64" : "linux-x64", "native"))
            .Distinct();

    private static IEnumerable<string> LoadedTorchFolders()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .Where(module => module.ModuleName is "libtorch_cuda.so" or "torch_cuda.dll")
            .Select(module => Path.GetDirectoryName(module.FileName)!)
            .ToList();
    }
}
