using System.Security.Cryptography;

namespace Clamp.Losses.Training;

/// <summary>The weights that a training begins from, and what is to know about them; stored in its provenance.</summary>
/// <param name="File">The name of the file that held them.</param>
/// <param name="Sha256">The SHA-256 of that file, in hexadecimal.</param>
/// <param name="PassedOver">The tensors of a classifier that it held too.</param>
/// <param name="Normalisation">What they were trained with; null where the file does not tell.</param>
public sealed record InitialWeights(string File, string Sha256, IReadOnlyList<string> PassedOver, Normalisation? Normalisation)
{
    /// <summary>Fills an encoder.</summary>
    /// <param name="path">
    /// A safetensors file with torchvision's names (timm's are the same), the folder of a finished run, or such a run's encoder.dat.
    /// </param>
    /// <param name="encoder">The encoder, of the file's architecture and stem.</param>
    /// <returns>What it was filled with.</returns>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder holds no encoder.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or its tensors are not the encoder's: the message names those that are missing, unexpected or unfit.
    /// </exception>
    public static InitialWeights Load(string path, ResNet encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        if (Directory.Exists(path))
        {
            var (folder, options) = RunFolder.Open<RunOptions>(path);
            return EncoderFile.StemAdvice(encoder, options.SmallStem) is { Length: > 0 } advice
                ? throw new InvalidDataException($"'{path}' does not fit a {encoder.GetName()} of this stem.{advice}")
                : OfOurs(folder.EncoderWeights, encoder) with { Normalisation = options.Normalisation };
        }

        return Path.GetExtension(path) == ".dat" ? OfOurs(path, encoder) : EncoderFile.Fill(path, encoder);
    }

    internal static string HashOf(string path)
    {
        using var stream = System.IO.File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(stream)).ToLowerInvariant();
    }

    private static InitialWeights OfOurs(string path, ResNet encoder)
    {
        NetworkFile.Read(path, encoder);
        return new InitialWeights(Path.GetFileName(path), HashOf(path), [], Normalisation: null);
    }
}
