namespace Clamp.Losses.Samples.Embeddings;

/// <summary>Embeddings that are read from somewhere in blocks, so that not all need be in memory.</summary>
/// <param name="Images">Whose they are.</param>
/// <param name="Width">F.</param>
/// <param name="Read">Fills a block with the rows from a given one on.</param>
internal sealed record EmbeddingRows(EmbeddedImages Images, int Width, RowReader Read)
{
    private const int BlockBytes = 16 << 20;

    public int Count => Images.Names.Count;

    /// <summary>All rows in order, in one buffer that the next block overwrites.</summary>
    public IEnumerable<(int First, ReadOnlyMemory<float> Rows)> Blocks()
    {
        var most = Math.Max(1, BlockBytes / sizeof(float) / Width);
        var buffer = new float[Math.Min(most, Count) * Width];
        for (int first = 0; first < Count; first += most)
        {
            var block = buffer.AsMemory(0, Math.Min(most, Count - first) * Width);
            Read(first, block.Span);
            yield return (first, block);
        }
    }
}
