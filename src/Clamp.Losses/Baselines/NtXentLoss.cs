using Clamp.Losses.Baselines;
using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// NT-Xent, the loss of SimCLR ("A Simple Framework for Contrastive Learning of Visual Representations", arXiv:2002.05709, equation 1):
/// each of the 2B embeddings of a pair of views must find its partner among the other 2B - 1.
/// <code>
/// L = mean over i of -log( exp(s(i, partner of i) / T) / sum over k != i of exp(s(i, k) / T) )
/// </code>
/// where s is the cosine similarity and T the temperature.
/// </summary>
/// <remarks>
/// The paper has two views; with more, this is the mean over all pairs of views. It forms V (V - 1) / 2 matrices of [2B, 2B]. The loss
/// is a float64 scalar for float64 embeddings and float32 otherwise; the gradient has the embeddings' type, the embeddings are never
/// modified, and NaN gives NaN. Over a process group it is the loss of all members' images, with gradients as for
/// <see cref="ClampLoss"/>.
/// </remarks>
public sealed class NtXentLoss : nn.Module<Tensor, Tensor>
{
    private readonly double _temperature;
    private readonly IProcessGroup _group;

    /// <summary>Creates the loss.</summary>
    /// <param name="temperature">T, above 0: the smaller, the more the nearest negatives count.</param>
    /// <param name="processGroup">The processes that share each batch; this one alone when null.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="temperature"/> is not a finite number above 0.</exception>
    public NtXentLoss(double temperature = 0.5, IProcessGroup? processGroup = null, string name = nameof(NtXentLoss))
        : base(name) => (_temperature, _group) = (ParameterRange.Positive(temperature), processGroup ?? SingleProcessGroup.Instance);

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">z, view-major: [V, B, D]; V and B at least 2 (B at least 1 in a group), D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    public override Tensor forward(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var points = BaselineInput.Of(embeddings, _group, GroupCall.NtXent, ("the temperature", _temperature)).OnUnitSphere();
        var (own, all) = (points.Views.unbind(0), points.OfAll().unbind(0));
        var places = points.Places(views: 2);
        var itself = cat(places.chunk(2).Select(points.OfThese).ToList());
        var isItself = itself.unsqueeze(1) == places.unsqueeze(0);

        // The partner of each embedding stands where it itself does in the other view.
        var partners = itself.roll(itself.shape[0] / 2);
        var sum = ViewPairs.Mean(own.Length, (a, b) => OfPair(cat([own[a], own[b]]), cat([all[a], all[b]]), isItself, partners));
        return (points.Total(sum) / KeptScalars.Of(2 * points.AllImages)).MoveToOuterDisposeScope();
    }

    /// <summary>The sum over these embeddings of two views, [2B, D], of their losses among all, [2 all, D].</summary>
    private Tensor OfPair(Tensor own, Tensor all, Tensor isItself, Tensor partners)
    {
        var logits = (own.mm(all.t()) / KeptScalars.Of(_temperature)).masked_fill(isItself, KeptScalars.Of(double.NegativeInfinity));
        return nn.functional.cross_entropy(logits, partners, reduction: nn.Reduction.Sum);
    }
}
