using System.Security.Cryptography;
using System.Text;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>Compiles kernels for a card, or finds them compiled.</summary>
/// <param name="nvrtc">The compiler.</param>
/// <param name="cache">What was compiled before.</param>
internal sealed class KernelCompiler(Nvrtc nvrtc, KernelCache cache)
{
    /// <summary>What the driver loads: machine code where NVRTC knows the card, else PTX of the nearest older one.</summary>
    /// <param name="source">CUDA C++.</param>
    /// <param name="element">The define that selects the element type.</param>
    /// <param name="computeCapability">The card's, 10 * major + minor.</param>
    /// <exception cref="InvalidOperationException">It does not compile, or the card is older than all that NVRTC knows.</exception>
    public byte[] Compile(KernelSource source, string element, int computeCapability)
    {
        var nearest = nvrtc.Architectures.LastOrDefault(known => known <= computeCapability);
        if (nearest == 0)
        {
            throw new InvalidOperationException(
                $"The GPU's compute capability is {computeCapability}; NVRTC {nvrtc.Version} compiles for {nvrtc.Architectures[0]} "
                + "or later.");
        }

        var machineCode = nearest == computeCapability;
        string[] options =
            ["--std=c++17", $"--gpu-architecture={(machineCode ? "sm" : "compute")}_{nearest}", $"-D{element}", .. source.Definitions];
        var key = KeyOf(source, options);
        if (cache.Find(key) is { } known)
        {
            return known;
        }

        var image = nvrtc.Compile(source, options, machineCode).Image;
        cache.Store(key, image);
        return image;
    }

    private string KeyOf(KernelSource source, string[] options)
    {
        var headers = source.Headers.SelectMany(header => new[] { header.Name, header.Text });
        string[] parts = [nvrtc.Version.ToString(), .. options, source.Name, source.Text, .. headers];

        // The lengths keep the parts apart.
        var text = string.Concat(parts.Select(part => $"{part.Length}:{part}"));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
