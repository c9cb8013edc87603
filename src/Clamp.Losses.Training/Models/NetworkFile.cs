using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// The weights and buffers of a network as a file: what <c>Module.save</c> writes, which <c>Module.load</c> reads, and the SHA-256 of it.
/// </summary>
internal static class NetworkFile
{
    /// <summary>Stores a network, all or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <exception cref="TrainingDivergedException">A weight is NaN or infinite.</exception>
    /// <exception cref="IOException">The file cannot be written, or the disk is full.</exception>
    public static void Write(string path, nn.Module network)
    {
        if (FirstNotFinite(network) is { } name)
        {
            throw new TrainingDivergedException($"{name} has values that are NaN or infinite: the network is not stored in '{path}'.");
        }

        HashedFile.Write(path, stream =>
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            network.save(writer);
        });
    }

    /// <summary>Loads what was stored into a network of the same kind.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <exception cref="InvalidDataException">The file is damaged, of another network, or has values that are NaN or infinite.</exception>
    public static void Read(string path, nn.Module network)
    {
        using var reader = new BinaryReader(HashedFile.Open(path));
        try
        {
            network.load(reader);
        }
        catch (Exception e) when (e is ArgumentException or IOException or FormatException or InvalidOperationException or ExternalException)
        {
            throw new InvalidDataException($"'{path}' does not hold the weights of a {network.GetName()}: {e.Message}", e);
        }

        if (FirstNotFinite(network) is { } name)
        {
            throw new InvalidDataException($"'{path}' holds NaN or infinite values in {name}: its training has diverged.");
        }
    }

    /// <summary>The name of the first weight or buffer with values that are NaN or infinite; null when all are finite.</summary>
    /// <param name="network">The network.</param>
    public static string? FirstNotFinite(nn.Module network)
    {
        using var unrecorded = no_grad();
        return network.state_dict().FirstOrDefault(entry => !IsFinite(entry.Value)).Key;
    }

    private static bool IsFinite(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.isfinite().all().item<bool>();
    }
}
