using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>The shares of images whose class is scored highest, or among the five highest.</summary>
/// <param name="Top1">From 0 to 1.</param>
/// <param name="Top5">From 0 to 1; with five classes or fewer, 1 where the scores are numbers.</param>
public sealed record Accuracy(double Top1, double Top5)
{
    /// <summary>Counts hits. Among equal scores the class of the lower index comes first; a label whose score is NaN is missed.</summary>
    /// <param name="scores">[N, C], floating point, N at least 1.</param>
    /// <param name="labels">[N], int64, from 0 to C - 1.</param>
    /// <returns>The accuracy over all N images.</returns>
    public static Accuracy Of(Tensor scores, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(labels);
        var (top1, top5) = Hits(scores, labels);
        return Share(top1, top5, labels.shape[0]);
    }

    /// <summary>The accuracy of hits that were counted batch by batch.</summary>
    /// <param name="top1">Images whose class is scored highest.</param>
    /// <param name="top5">Images whose class is among the five highest.</param>
    /// <param name="count">All images, at least 1.</param>
    internal static Accuracy Share(long top1, long top5, long count) => new(top1 / (double)count, top5 / (double)count);

    /// <summary>Counts hits, as <see cref="Of"/>.</summary>
    /// <param name="scores">[N, C].</param>
    /// <param name="labels">[N].</param>
    internal static (long Top1, long Top5) Hits(Tensor scores, Tensor labels)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var label = labels.unsqueeze(1);
        var own = scores.gather(1, label);
        var precedes = arange(KeptScalars.Of(0), KeptScalars.Of(scores.shape[1]), KeptScalars.One, device: scores.device) < label;
        var ranks = ((scores > own) | ((scores == own) & precedes)).sum(1);
        var scored = own.squeeze(1).isnan().logical_not();
        return (Count((ranks < KeptScalars.Of(1L)) & scored), Count((ranks < KeptScalars.Of(5L)) & scored));
    }

    private static long Count(Tensor hits) => hits.sum().item<long>();
}
