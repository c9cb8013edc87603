namespace Clamp.Losses.Training;

/// <summary>Draws random samples in which every class has its share.</summary>
internal static class StratifiedSample
{
    // Keys the order apart from that of BalancedSample: what is held out must not be what is labelled or limited to.
    private const int HoldOutKey = 0x48656C64;

    /// <summary>Draws positions without repetition, of each class as large a share as of all, to within one image.</summary>
    /// <param name="labels">The class index of every position.</param>
    /// <param name="count">How many positions are wanted, at most as many as there are.</param>
    /// <param name="seed">The same seed draws the same positions.</param>
    /// <returns>The positions drawn, ascending.</returns>
    public static int[] Draw(IReadOnlyList<int> labels, int count, int seed)
    {
        int[] order = [.. Enumerable.Range(0, labels.Count)];
        new KeyedRandom(seed, HoldOutKey).Shuffle(order.AsSpan());

        // The r-th of n images of a class stands at (r + 1/2) / n: up to any place, every class has given the same share.
        var sizes = labels.GroupBy(label => label).ToDictionary(group => group.Key, group => group.Count());
        var given = new Dictionary<int, int>();
        double Place(int position)
        {
            int label = labels[position];
            int rank = given[label] = given.GetValueOrDefault(label) + 1;
            return (rank - 0.5) / sizes[label];
        }

        return [.. order.Select(position => (position, Place: Place(position))).OrderBy(item => item.Place).Take(count).Select(item => item.position).Order()];
    }
}
