namespace Clamp.Losses.Samples.Embeddings;

/// <summary>Embeds images into a file, in little memory, and goes on where an earlier process was killed.</summary>
public static class Embedding
{
    /// <summary>The end of the name of the file of what is done so far, beside the output.</summary>
    public const string Unfinished = ".partial";

    /// <summary>Does it.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="identity">What is other where the encoder is.</param>
    /// <param name="description">What the encoder is, for people.</param>
    /// <param name="source">The images.</param>
    /// <param name="output">The file; its folder is there.</param>
    /// <param name="skipBroken">Whether an image that cannot be decoded is left out, rather than the end.</param>
    /// <param name="replace">Whether what an earlier process made of something else may be lost.</param>
    /// <param name="report">Is told how many images are done, in this process and before.</param>
    /// <returns>The names of broken images, in order.</returns>
    /// <exception cref="InvalidDataException">An image is broken and may not be left out, or all are.</exception>
    /// <exception cref="IOException">What an earlier process began is of something else, or a file cannot be written.</exception>
    public static IReadOnlyList<string> Run(
        ImageEncoder encoder, string identity, string description, ImagesToEmbed source, string output, bool skipBroken, bool replace, Action<int> report)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(report);
        var format = EmbeddingFormat.Of(output);
        var names = source.Images.Names;
        var partial = output + Unfinished;
        string[] broken;
        using (var done = PartialEmbeddings.Open(partial, identity, source.Identity, encoder.FeatureWidth, replace))
        {
            Embed(encoder, source, done, skipBroken, report);
            bool[] sound = [.. done.AreSound()];
            int[] kept = [.. Enumerable.Range(0, sound.Length).Where(i => sound[i])];
            broken = [.. Enumerable.Range(0, sound.Length).Where(i => !sound[i]).Select(i => names[i])];
            if (broken.Length > 0 && (!skipBroken || kept.Length == 0))
            {
                throw new InvalidDataException($"{broken.Length} of {names.Count} images cannot be decoded, the first of them '{broken[0]}'; leave them out with --skip-broken.");
            }

            format.Write(output, new EmbeddingRows(source.Images.At(kept) with { Encoder = description }, encoder.FeatureWidth, (first, rows) =>
            {
                for (int i = 0; i < rows.Length / encoder.FeatureWidth; i++)
                {
                    done.Read(kept[first + i], rows.Slice(i * encoder.FeatureWidth, encoder.FeatureWidth));
                }
            }));
        }

        File.Delete(partial);
        return broken;
    }

    // Batches are the same whether the work was stopped or not, and broken images stay in them, black: the numbers are then the same too.
    private static void Embed(ImageEncoder encoder, ImagesToEmbed source, PartialEmbeddings done, bool skipBroken, Action<int> report)
    {
        var batches = ImageBatches.Of(source.Images.Names.Count, source.Height, source.Width).ToList();
        var left = batches.SkipWhile(batch => batch[^1] < done.Count).ToList();
        done.Truncate(left.Count == 0 ? source.Images.Names.Count : left[0][0]);
        report(done.Count);
        foreach (var (batch, read) in Ahead.Of(left, (batch, stop) => Read(source, batch, skipBroken, stop), depth: 1))
        {
            var (planes, broken) = read.GetAwaiter().GetResult();
            var rows = encoder.Encode(planes, source.Height, source.Width);
            foreach (var image in broken)
            {
                rows.AsSpan((image - batch[0]) * encoder.FeatureWidth, encoder.FeatureWidth).Fill(float.NaN);
            }

            done.Append(rows);
            report(done.Count);
        }
    }

    private static (byte[] Planes, List<int> Broken) Read(ImagesToEmbed source, int[] batch, bool skipBroken, CancellationToken stop)
    {
        var broken = new SortedList<int, Exception>();
        var planes = source.Planes(batch, (image, fault) =>
        {
            lock (broken)
            {
                broken.Add(image, fault);
            }
        }, stop);
        return broken.Count == 0 || skipBroken
            ? (planes, [.. broken.Keys])
            : throw new InvalidDataException($"{broken.Values[0].Message} It is left out with --skip-broken.", broken.Values[0]);
    }
}
