namespace Clamp.Losses.Training;

/// <summary>
/// The order of the images in an epoch, a permutation seeded by (seed, epoch), cut into batches whose sizes differ by at most one: no
/// image is lost or repeated, and no batch is too small to pack.
/// </summary>
/// <param name="count">The number of images, at least 2.</param>
/// <param name="batchSize">The largest batch, at least 4.</param>
/// <param name="seed">The seed.</param>
public sealed class EpochSampler(int count, int batchSize, int seed)
{
    private readonly int _count = count >= 2
        ? count
        : throw new InvalidOptionsException($"{count} images were given to train on; it takes at least 2.");

    private readonly int _batches = batchSize >= 4
        ? (int)(((long)count + batchSize - 1) / batchSize)
        : throw new ArgumentOutOfRangeException(nameof(batchSize), batchSize, "A batch needs at least 4 images.");

    /// <summary>The number of batches of every epoch.</summary>
    public int BatchesPerEpoch => _batches;

    /// <summary>The batches of one epoch, as indices of images.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <returns><see cref="BatchesPerEpoch"/> arrays.</returns>
    public IEnumerable<int[]> Batches(int epoch)
    {
        var order = Enumerable.Range(0, _count).ToArray();
        new KeyedRandom(seed, epoch).Shuffle<int>(order);
        return Enumerable.Range(0, _batches).Select(batch => order[Start(batch)..Start(batch + 1)]);
    }

    private int Start(int batch) => (int)((long)_count * batch / _batches);
}
