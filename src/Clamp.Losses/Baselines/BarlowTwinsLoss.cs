using Clamp.Losses.Baselines;
using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
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
/// float32 otherwise; the gradient has the embeddings' type, the embeddings are never modified, and NaN gives NaN. Over a process group it is the loss of all members' images, with gradients as for
/// <see cref="ClampLoss"/>.
/// </remarks>
public sealed class BarlowTwinsLoss : nn.Module<Tensor, Tensor>
{
    private const double VarianceFloor = 1e-5;

    private readonly double _redundancyWeight;
    private readonly IProcessGroup _group;

    /// <summary>Creates the loss.</summary>
    /// <param name="redundancyWeight">lambda, the weight of the elements off the diagonal; at least 0.</param>
    /// <param name="processGroup">The processes that share each batch; this one alone when null.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="redundancyWeight"/> is negative or not finite.</exception>
    public BarlowTwinsLoss(double redundancyWeight = 5e-3, IProcessGroup? processGroup = null, string name = nameof(BarlowTwinsLoss))
        : base(name) =>
        (_redundancyWeight, _group) = (ParameterRange.AtLeast(0, redundancyWeight), processGroup ?? SingleProcessGroup.Instance);

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">z, view-major: [V, B, D]; V and B at least 2 (B at least 1 in a group), D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    public override Tensor forward(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var centred = BaselineInput.Of(embeddings, _group, GroupCall.BarlowTwins, ("the redundancy weight", _redundancyWeight)).Centred();
        var deviations = centred.Mean(centred.Views.pow(KeptScalars.Of(2))).add(KeptScalars.Of(VarianceFloor), KeptScalars.One).sqrt();
        var views = (centred.Views / deviations).unbind(0);
        return ViewPairs.Mean(views.Length, (a, b) => OfCorrelations(centred.Total(views[a].t().mm(views[b])) / KeptScalars.Of(centred.AllImages)))
            .MoveToOuterDisposeScope();
    }

    private Tensor OfCorrelations(Tensor correlations)
    {
        var own = correlations.diagonal().neg().add(KeptScalars.One, KeptScalars.One);
        var diagonal = eye(correlations.shape[0], dtype: ScalarType.Bool, device: correlations.device);
        var others = correlations.masked_fill(diagonal, KeptScalars.Of(0));
        return SquaresOf(own).add(SquaresOf(others), KeptScalars.Of(_redundancyWeight));
    }

    private static Tensor SquaresOf(Tensor values) => values.pow(KeptScalars.Of(2)).sum();
}
