using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>A kind of file that holds embeddings.</summary>
internal abstract class EmbeddingFormat
{
    /// <summary>What it is called, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>The format of a file.</summary>
    /// <param name="path">The file, of which only the name is looked at.</param>
    /// <exception cref="InvalidOptionsException">No format has this end.</exception>
    public static EmbeddingFormat Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".parquet" => new ParquetEmbeddings(),
            ".csv" => new CsvEmbeddings(),
            ".npy" => new NpyEmbeddings(),
            ".safetensors" => new SafetensorsEmbeddings(),
            _ => throw new InvalidOptionsException($"A file of embeddings is '{path}'; its name must end in .parquet, .csv, .npy or .safetensors."),
        };
    }

    /// <summary>Reads a file as a whole; what is thrown says what is wrong with it.</summary>
    public abstract EmbeddingTable Read(string path);

    /// <summary>Writes a file, all or nothing.</summary>
    public abstract void Write(string path, EmbeddingRows rows);
}
