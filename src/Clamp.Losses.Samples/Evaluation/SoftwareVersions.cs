using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Clamp.Losses.Samples.Evaluation;

/// <summary>The versions of what computed a result.</summary>
/// <param name="ClampLosses">This library.</param>
/// <param name="TorchSharp">TorchSharp.</param>
/// <param name="Libtorch">The native library below it.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="OperatingSystem">The operating system.</param>
public sealed record SoftwareVersions(string ClampLosses, string TorchSharp, string Libtorch, string Runtime, string OperatingSystem)
{
    /// <summary>The versions of this process.</summary>
    public static SoftwareVersions Current { get; } = new(
        VersionOf(typeof(ClampLoss)),
        VersionOf(typeof(torch)),
        torch.__version__,
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.OSDescription);

    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
