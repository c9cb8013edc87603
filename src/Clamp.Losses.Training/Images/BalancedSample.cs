namespace Clamp.Losses.Training;

/// <summary>Draws class-balanced random samples from a list of labels.</summary>
internal static class BalancedSample
{
    /// <summary>Draws positions without repetition, taking from the classes in turn until enough are found or all are used.</summary>
    /// <param name="labels">The class index of every position, not negative.</param>
    /// <param name="count">The number of positions wanted; all are returned when there are no more.</param>
    /// <param name="seed">The same seed draws the same positions; a larger count only adds to them.</param>
    /// <returns>The positions drawn, ascending.</returns>
    public static int[] Draw(IReadOnlyList<int> labels, int count, int seed)
    {
        int[] order = [.. Enumerable.Range(0, labels.Count)];
        new KeyedRandom(seed).Shuffle(order.AsSpan());

        // In round r every class offers its r-th image; the stable sort keeps the classes of a round in random order.
        int[] rounds = RoundOfEach(order, labels);
        return [.. order.Zip(rounds).OrderBy(pair => pair.Second).Take(count).Select(pair => pair.First).Order()];
    }

    private static int[] RoundOfEach(int[] order, IReadOnlyList<int> labels)
    {
        var offered = new Dictionary<int, int>();
        var rounds = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            int label = labels[order[i]];
            rounds[i] = offered.GetValueOrDefault(label);
            offered[label] = rounds[i] + 1;
        }

        return rounds;
    }
}
