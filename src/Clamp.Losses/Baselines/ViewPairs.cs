using static TorchSharp.torch;

namespace Clamp.Losses.Baselines;

/// <summary>Carries a loss of two views over to any number of views.</summary>
internal static class ViewPairs
{
    /// <summary>The mean of a loss over all pairs of views a &lt; b.</summary>
    /// <param name="views">V.</param>
    /// <param name="lossOfPair">The loss of views a and b.</param>
    public static Tensor Mean(long views, Func<int, int, Tensor> lossOfPair)
    {
        var losses =
            from b in Enumerable.Range(0, (int)views)
            from a in Enumerable.Range(0, b)
            select lossOfPair(a, b);
        return stack(losses).mean();
    }
}
