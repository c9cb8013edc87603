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
        var shim = Find(FileName("LibTorchSharp"));
        yield return new Finding("TorchSharp", Version());
        if (OperatingSystem.IsLinux())
        {
            yield return CheckStandardLibrary(shim);
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
            $"The system's {StandardLibrary} is too old; see libstdc++ above.",
        _ when failure.Contains("GLIBC_", StringComparison.Ordinal) => "The system's glibc is too old for libtorch; use a newer system or container.",
        _ when failure.Contains("cannot open shared object file", StringComparison.Ordinal) =>
            "Install the library that is named (libgomp is in the package libgomp1, libstdc++ in libstdc++6), or build again if libtorch's own is.",
        _ => "The file is damaged or made for another machine; delete the output folder and build again.",
    };

    /// <summary>Whether the system's C++ library has every version that the shim asks for.</summary>
    private static Finding CheckStandardLibrary(string? shim)
    {
        const string Subject = "libstdc++";
        if (NativeLibraries.LoadFailure(StandardLibrary) is { } failure)
        {
            return new Finding(Subject, failure, "Install it: apt-get install libstdc++6, or your system's package of that library.", Prevents: true);
        }

        var path = NativeLibraries.LoadedFile(StandardLibrary)!;
        var offered = ElfVersions.Read(path).Definitions;
        var newest = $"{path}, up to {Newest(offered)}";
        if (shim is null || Needs(shim) is not { } needs)
        {
            return new Finding(Subject, newest);
        }

        var missing = needs.Where(need => need.Library == StandardLibrary && !offered.Contains(need.Version)).ToList();
        var strictly = missing.Where(need => !need.Weak).Select(need => need.Version).ToList();
        if (strictly.Count > 0)
        {
            return new Finding(
                Subject,
                $"{newest}; TorchSharp's shim needs {string.Join(", ", strictly)}",
                "Import eng/torchsharp-native-shim.targets (the Clamp.Losses package brings it), which marks GLIBCXX_3.4.32, the version of "
                + "a marker that is never called, as weak; for others install a newer libstdc++6.",
                Prevents: true);
        }

        return new Finding(
            Subject,
            missing.Count == 0
                ? $"{newest}; it has all that TorchSharp's shim asks for"
                : $"{newest}; TorchSharp's shim asks for {string.Join(", ", missing.Select(need => need.Version))}, marked weak, so it loads without");
    }

    private static string Newest(IEnumerable<string> versions)
    {
        const string Prefix = "GLIBCXX_";
        var newest = versions.Where(version => version.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(version => System.Version.TryParse(version[Prefix.Length..], out var number) ? number : null)
            .Max();
        return Prefix + newest;
    }

    /// <summary>Null for a file that is no library: loading it will tell.</summary>
    private static IReadOnlyList<VersionNeed>? Needs(string path)
    {
        try
        {
            return ElfVersions.Read(path).Needs;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

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
