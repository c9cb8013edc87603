using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.Training;

/// <summary>The versions of what computes in this process, as results store them.</summary>
public static class SoftwareVersions
{
    /// <summary>Asks each part for its version.</summary>
    /// <returns>The versions of Clamp.Losses, TorchSharp, libtorch, .NET and the system.</returns>
    public static IReadOnlyDictionary<string, string> Installed() => new Dictionary<string, string>
    {
        ["Clamp.Losses"] = VersionOf(typeof(ClampLoss)),
        ["TorchSharp"] = VersionOf(typeof(torch)),
        ["libtorch"] = torch.__version__,
        [".NET"] = Environment.Version.ToString(),
        ["OS"] = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
    };

    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
