using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>The driver of EmulatedDriver.cpp, which runs the library's kernels on the CPU, for one element type.</summary>
internal sealed class EmulatedDriver(ScalarType element) : FakeLibrary(
    "EmulatedDriver.cpp",
    [
    "-std=c++17",

    // Else the loader shares the emulation's inline variables among all copies, and two tests at once upset each other.
    "-fno-gnu-unique",
    .. KernelSources.DefinitionsFor(element),
    "-I", System.IO.Path.Combine(AppContext.BaseDirectory, "Packing", "Cuda", "Emulation"),
    "-I", Sources.Value,
    ])
{
    private static readonly Lazy<string> Sources = new(WriteSources);

    private static string WriteSources()
    {
        var folder = System.IO.Path.Combine(AppContext.BaseDirectory, "Packing", "Cuda", "Kernels");
        Directory.CreateDirectory(folder);
        foreach (var (name, source) in KernelSources.All)
        {
            System.IO.File.WriteAllText(System.IO.Path.Combine(folder, name), source);
        }

        return folder;
    }
}
