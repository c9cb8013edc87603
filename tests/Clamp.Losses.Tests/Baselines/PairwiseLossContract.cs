using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Baselines;

/// <summary>What a loss whose paper has two views must do with more.</summary>
public abstract class PairwiseLossContract : BaselineLossContract
{
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Forward_SeveralViews_IsTheMeanOverPairsOfViews(int views)
    {
        var embeddings = ClusteredEmbeddings(views, 7, 6);
        var pairs =
            from b in Enumerable.Range(0, views)
            from a in Enumerable.Range(0, b)
            select Criterion().forward(stack([embeddings[a], embeddings[b]])).Value();

        Criterion().forward(embeddings).Value().DistanceTo(pairs.Average()).Should().BeLessThan(1e-12);
    }
}
