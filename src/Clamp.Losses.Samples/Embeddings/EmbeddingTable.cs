using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>Embeddings of images in memory. Their files are Parquet, CSV, NumPy's or safetensors, by the end of the name.</summary>
public sealed class EmbeddingTable : IDisposable
{
    /// <summary>Takes embeddings over, which are disposed with the table.</summary>
    /// <param name="images">Whose they are.</param>
    /// <param name="embeddings">[N, F], float32, on the CPU and contiguous, finite, F at least 1.</param>
    /// <exception cref="ArgumentException">There are not as many names, labels and embeddings, or an embedding is none.</exception>
    public EmbeddingTable(EmbeddedImages images, Tensor embeddings)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(embeddings);
        if (embeddings.dim() != 2 || embeddings.dtype != ScalarType.Float32 || embeddings.device_type != TorchSharp.DeviceType.CPU || embeddings.shape[1] == 0)
        {
            throw new ArgumentException(
                $"Embeddings of shape [{string.Join(", ", embeddings.shape)}] and type {embeddings.dtype} given; allowed: [N, F], float32, on the CPU.",
                nameof(embeddings));
        }

        if (images.Names.Count != embeddings.shape[0] || (images.Labels ?? images.Names).Count != images.Names.Count)
        {
            throw new ArgumentException(
                $"{embeddings.shape[0]} embeddings have {images.Names.Count} names and {(images.Labels ?? images.Names).Count} labels; one each is needed.",
                nameof(images));
        }

        (Images, Embeddings) = (images, embeddings);
        ThrowUnlessFinite();
        Embeddings.DetachFromDisposeScope();
    }

    /// <summary>Whose embeddings these are.</summary>
    public EmbeddedImages Images { get; }

    /// <summary>The name of each image: its path below <see cref="Root"/> with / between folders, or such as train/123.</summary>
    public IReadOnlyList<string> Names => Images.Names;

    /// <summary>The name of each image's class; null without labels.</summary>
    public IReadOnlyList<string>? Labels => Images.Labels;

    /// <summary>The folder that the names begin at; null where images are not of files, or the file's format does not tell.</summary>
    public string? Root => Images.Root;

    /// <summary>[N, F], float32, on the CPU.</summary>
    public Tensor Embeddings { get; }

    /// <summary>Reads a file as a whole.</summary>
    /// <param name="path">The file, ending in .parquet, .csv, .npy or .safetensors.</param>
    /// <returns>Its content; the caller disposes it.</returns>
    /// <exception cref="InvalidOptionsException">The name ends otherwise.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, holds something else, or values that are NaN or infinite.</exception>
    public static EmbeddingTable Read(string path)
    {
        var format = EmbeddingFormat.Of(path);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{path}' does not exist; expected a file that embed wrote.", path);
        }

        try
        {
            return format.Read(path);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or UnauthorizedAccessException))
        {
            throw new InvalidDataException($"'{path}' is no valid {format.Name} file of embeddings: {e.Message}", e);
        }
    }

    /// <summary>Writes a file, all or nothing; one of the same name is replaced.</summary>
    /// <param name="path">The file, ending in .parquet, .csv, .npy or .safetensors.</param>
    /// <exception cref="InvalidOptionsException">The name ends otherwise.</exception>
    /// <exception cref="IOException">It cannot be written; what was there is kept.</exception>
    public void Write(string path) =>
        EmbeddingFormat.Of(path).Write(path, new EmbeddingRows(Images, (int)Embeddings.shape[1], new TensorRows(Embeddings).Read));

    /// <inheritdoc/>
    public void Dispose() => Embeddings.Dispose();

    private void ThrowUnlessFinite()
    {
        using var scope = NewDisposeScope();
        var finite = Embeddings.isfinite().all(1);
        if (!finite.all().item<bool>())
        {
            var first = finite.to(ScalarType.Byte).argmin().item<long>();
            throw new ArgumentException($"the embedding of '{Names[(int)first]}' is NaN or infinite.");
        }
    }
}
