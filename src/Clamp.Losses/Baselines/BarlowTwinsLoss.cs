using Clamp.Losses.Baselines;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// Barlow Twins ("Self-Supervised Learning via Redundancy Reduction", arXiv:2103.03230, equations 1 and 2): the cross-correlation matrix
/// of the dimensions of two views is driven to the identity.
/// <code>
/// L = sum over j of (1 - C_jj)^2 + lambda * sum over j != k of C_jk^2
/// C = 1/B * standardised(a)^T standardised(b), [D, D]
/// </code>
/// Each dimension of each view is standardised over the batch with its biased variance plus 1e-5, as the batch norm of the authors'
/// code does.
/// </summary>
/// <remarks>
/// The paper has two views; with more, this is the mean over all pairs of views. The loss is a float64 scalar for float64 embeddings and
/// float32 otherwise; the gradient has the embeddings' type, the embeddings are never modified, and NaN gives NaN.
/// </remarks>
public sealed class BarlowTwinsLoss : nn.Module<Tensor, Tensor>
{
    private const double VarianceFloor = 1e-5;

    private readonly double _redundancyWeight;

    /// <summary>Creates the loss.</summary>
    /// <param name="redundancyWeight">lambda, the weight of the elements off the diagonal; at least 0.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="redundancyWeight"/> is negative or not finite.</exception>
    public BarlowTwinsLoss(double redundancyWeight = 5e-3, string name = nameof(BarlowTwinsLoss))
        : base(name) => _redundancyWeight = ParameterRange.AtLeast(0, redundancyWeight);

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">z, view-major: [V, B, D]; V and B at least 2, D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    public override Tensor forward(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        return ViewPairs.Mean(Standardised(BaselineInput.Of(embeddings)), OfPair).MoveToOuterDisposeScope();
    }

    private static Tensor Standardised(Tensor views)
    {
        var centred = views - views.mean([1], keepdim: true);
        return centred / (centred.square().mean([1], keepdim: true) + VarianceFloor).sqrt();
    }

    private Tensor OfPair(Tensor a, Tensor b)
    {
        var correlations = a.t().mm(b) / a.shape[0];
        var own = correlations.diagonal();
        var others = correlations.masked_fill(eye(a.shape[1], dtype: ScalarType.Bool, device: a.device), 0);
        return (1 - own).square().sum() + _redundancyWeight * others.square().sum();
    }
}
