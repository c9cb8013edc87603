using static TorchSharp.torch;

namespace Clamp.Losses.Baselines;

/// <summary>Carries a loss of two views over to any number of views.</summary>
internal static class ViewPairs
{
    /// <summary>The mean of a loss over all pairs of views a &lt; b.</summary>
    /// <param name="views">[V, B, D].</param>
    /// <param name="lossOfPair">The loss of two views [B, D].</param>
    public static Tensor Mean(Tensor views, Func<Tensor, Tensor, Tensor> lossOfPair)
    {
        var single = views.unbind(0);
        var losses =
            from b in Enumerable.Range(0, single.Length)
            from a in Enumerable.Range(0, b)
            select lossOfPair(single[a], single[b]);
        return stack(losses).mean();
    }
}
