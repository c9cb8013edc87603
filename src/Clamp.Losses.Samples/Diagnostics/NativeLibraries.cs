using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>Native libraries as the loader of this process sees them.</summary>
internal static class NativeLibraries
{
    /// <summary>The file of a library that is loaded; null when it is not.</summary>
    /// <param name="name">How the file's name begins, such as "libstdc++.so".</param>
    public static string? LoadedFile(string name)
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .FirstOrDefault(module => module.ModuleName.StartsWith(name, StringComparison.OrdinalIgnoreCase))?.FileName;
    }

    /// <summary>Loads a library for good.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null, or the loader's own words, which name what is missing.</returns>
    public static string? LoadFailure(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // The runtime's general advice comes first; the loader's lines follow.
            var lines = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return string.Join("; ", lines.Length > 1 ? lines[1..].Distinct() : lines);
        }
    }
}
