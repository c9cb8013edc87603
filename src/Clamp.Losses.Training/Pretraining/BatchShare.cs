namespace Clamp.Losses.Training;

/// <summary>
/// The images of a batch that one of several processes trains on. What goes through the encoder at once is cut into neighbouring shares
/// whose sizes differ by at most one; so batch norm sees the same images however many processes there are.
/// </summary>
/// <param name="Images">The images' indices, chunk after chunk.</param>
/// <param name="Chunks">How many of them are in each chunk; a chunk smaller than the number of processes leaves some without.</param>
internal sealed record BatchShare(int[] Images, int[] Chunks)
{
    /// <summary>Cuts the share of one process out of a batch.</summary>
    /// <param name="batch">The images of all processes.</param>
    /// <param name="chunk">How many of them go through the encoder at once, over all processes; 0 for all.</param>
    /// <param name="group">The processes.</param>
    public static BatchShare Of(int[] batch, int chunk, IProcessGroup group)
    {
        var parts = batch.Chunk(chunk > 0 ? chunk : batch.Length).Select(part => part[Start(part, group.Rank)..Start(part, group.Rank + 1)]).ToList();
        return new([.. parts.SelectMany(part => part)], [.. parts.Select(part => part.Length)]);

        int Start(int[] part, int rank) => (int)((long)part.Length * rank / group.WorldSize);
    }
}
