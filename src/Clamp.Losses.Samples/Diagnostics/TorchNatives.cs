using System.Reflection;
using TorchSharp;

namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>TorchSharp's native part and libtorch, looked at as files and loaded one by one, so that a failure names its cause.</summary>
internal static class TorchNatives
{
    private const string StandardLibrary = "libstdc++.so.6";
    private static readonly string[] AddAPackage = ["TorchSharp-cpu", "TorchSharp-cuda-linux", "TorchSharp-cuda-windows"];

    public static IEnumerable<Finding> Examine()
    {
        yield return new Finding("TorchSharp", Version());
        if (OperatingSystem.IsLinux())
        {
            yield return CheckStandardLibrary();
        }

        yield return Load("libtorch", FileName("torch_cpu"));
        yield return Load("TorchSharp's shim", FileName("LibTorchSharp"));
    }

    private static Finding Load(string subject, string name)
    {
        if (Find(name) is not { } path)
        {
            var advice = $"Add one of the packages {string.Join(", ", AddAPackage)} to the application, or build it again.";
            return new Finding(subject, $"{name} is in none of {string.Join(", ", Folders())}", advice, Prevents: true);
        }

        return NativeLibraries.LoadFailure(path) is { } failure
            ? new Finding(subject, $"{path} does not load: {failure}", AdviceOn(failure), Prevents: true)
            : new Finding(subject, path);
    }

    private static string AdviceOn(string failure) => failure switch
    {
        _ when failure.Contains("GLIBCXX_", StringComparison.Ordinal) || failure.Contains("CXXABI_", StringComparison.Ordinal) =>
            $"The system's {StandardLibrary} is too old. Import eng/torchsharp-native-shim.targets (the Clamp.Losses package brings it), which "
            + "marks GLIBCXX_3.4.32, the version of a marker that is never called, as weak; for others install a newer libstdc++6.",
        _ when failure.Contains("GLIBC_", StringComparison.Ordinal) => "The system's glibc is too old for libtorch; use a newer system or container.",
        _ when failure.Contains("cannot open shared object file", StringComparison.Ordinal) =>
            "Install the library that is named (libgomp is in the package libgomp1, libstdc++ in libstdc++6), or build again if libtorch's own is.",
        _ => "The file is damaged or made for another machine; delete the output folder and build again.",
    };

    private static Finding CheckStandardLibrary() => NativeLibraries.LoadFailure(StandardLibrary) is { } failure
        ? new("libstdc++", failure, "Install it: apt-get install libstdc++6, or your system's package of that library.", Prevents: true)
        : new("libstdc++", NativeLibraries.LoadedFile(StandardLibrary)!);

    private static string Version() =>
        typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    private static string? Find(string name) => Folders().Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Where .NET looks for natives, of which the application's own come first.</summary>
    private static IEnumerable<string> Folders()
    {
        var known = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return known.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(AppContext.BaseDirectory).Distinct();
    }
}
