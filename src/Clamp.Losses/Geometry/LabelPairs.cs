namespace Clamp.Losses.Geometry;

/// <summary>
/// The ordered pairs of different images with equal labels, or with different ones, numbered: each image of a class has the same number of
/// partners, so that a pair's number says which it is.
/// </summary>
internal sealed class LabelPairs
{
    private readonly LabelOrder _order;
    private readonly bool _within;
    private readonly long[] _ends;

    private LabelPairs(LabelOrder order, bool within)
    {
        (_order, _within, _ends) = (order, within, new long[order.Classes.Count]);
        long end = 0;
        for (int k = 0; k < _ends.Length; k++)
        {
            end += order.Classes[k].Count * PartnersIn(k);
            _ends[k] = end;
        }
    }

    /// <summary>How many pairs there are, i with j and j with i being one.</summary>
    public long Count => _ends[^1] / 2;

    /// <summary>Pairs of one class.</summary>
    /// <param name="order">The images.</param>
    public static LabelPairs Within(LabelOrder order) => new(order, within: true);

    /// <summary>Pairs of two classes.</summary>
    /// <param name="order">The images.</param>
    public static LabelPairs Between(LabelOrder order) => new(order, within: false);

    /// <summary>All pairs, or some of them, each alike likely and none twice.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="random">Draws them.</param>
    public IReadOnlyCollection<(long First, long Second)> Take(int most, Random random)
    {
        var pairs = new HashSet<(long, long)>();
        if (Count <= most)
        {
            for (long number = 0; number < _ends[^1]; number++)
            {
                pairs.Add(Pair(number));
            }
        }

        while (pairs.Count < Math.Min(Count, most))
        {
            pairs.Add(Pair(random.NextInt64(_ends[^1])));
        }

        return pairs;
    }

    private long PartnersIn(int k) => _within ? _order.Classes[k].Count - 1 : _order.Images.Length - _order.Classes[k].Count;

    private (long First, long Second) Pair(long number)
    {
        var k = ~Array.BinarySearch(_ends, number, Comparer<long>.Create((end, sought) => end > sought ? 1 : -1));
        var run = _order.Classes[k];
        var (place, partner) = Math.DivRem(number - (_ends[k] - run.Count * PartnersIn(k)), PartnersIn(k));
        var other = _within
            ? run.First + (partner < place ? partner : partner + 1)
            : partner < run.First ? partner : partner + run.Count;
        var (one, two) = (_order.Images[run.First + place], _order.Images[other]);
        return one < two ? (one, two) : (two, one);
    }
}
