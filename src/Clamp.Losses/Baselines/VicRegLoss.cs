using Clamp.Losses.Baselines;
using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// VICReg ("Variance-Invariance-Covariance Regularization for Self-Supervised Learning", arXiv:2105.04906, equations 1 to 6): the views
/// of an image agree, every dimension varies over the batch, and no two dimensions vary together. For views a and b:
/// <code>
/// L = w_inv * mean (a - b)^2 + w_var * (v(a) + v(b)) / 2 + w_cov * (c(a) + c(b))
/// v(z) = mean over j of max(0, 1 - sqrt(Var(z_j) + eps))
/// c(z) = 1/D * sum over j != k of Cov(z_j, z_k)^2
/// </code>
/// with unbiased variances and covariances over the batch. As in the authors' code, the first two terms are halved or averaged, where
/// the paper's text is not: its 25, 25, 1 belong to this form.
/// </summary>
/// <remarks>
/// The paper has two views; with more, this is the mean over all pairs of views, computed without forming them. The loss is a float64
/// scalar for float64 embeddings and float32 otherwise; the gradient has the embeddings' type, the embeddings are never modified, and
/// NaN gives NaN. Over a process group it is the loss of all members' images, with gradients as for <see cref="ClampLoss"/>.
/// </remarks>
public sealed class VicRegLoss : nn.Module<Tensor, Tensor>
{
    private readonly double _invarianceWeight;
    private readonly double _varianceWeight;
    private readonly double _covarianceWeight;
    private readonly double _epsilon;
    private readonly IProcessGroup _group;

    /// <summary>Creates the loss.</summary>
    /// <param name="invarianceWeight">w_inv, the paper's lambda; at least 0.</param>
    /// <param name="varianceWeight">w_var, the paper's mu; at least 0.</param>
    /// <param name="covarianceWeight">w_cov, the paper's nu; at least 0.</param>
    /// <param name="epsilon">eps, added under the root of the variance; above 0.</param>
    /// <param name="processGroup">The processes that share each batch; this one alone when null.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range, or not finite.</exception>
    public VicRegLoss(
        double invarianceWeight = 25,
        double varianceWeight = 25,
        double covarianceWeight = 1,
        double epsilon = 1e-4,
        IProcessGroup? processGroup = null,
        string name = nameof(VicRegLoss))
        : base(name)
    {
        _invarianceWeight = ParameterRange.AtLeast(0, invarianceWeight);
        _varianceWeight = ParameterRange.AtLeast(0, varianceWeight);
        _covarianceWeight = ParameterRange.AtLeast(0, covarianceWeight);
        _epsilon = ParameterRange.Positive(epsilon);
        _group = processGroup ?? SingleProcessGroup.Instance;
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">z, view-major: [V, B, D]; V and B at least 2 (B at least 1 in a group), D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    public override Tensor forward(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var views = BaselineInput.Of(
            embeddings,
            _group,
            GroupCall.VicReg,
            ("the invariance weight", _invarianceWeight),
            ("the variance weight", _varianceWeight),
            ("the covariance weight", _covarianceWeight),
            ("epsilon", _epsilon));
        var centred = views.Centred();
        var loss = (KeptScalars.Of(_invarianceWeight) * Invariance(views))
            .add(Variance(centred), KeptScalars.Of(_varianceWeight))
            .add(Covariance(centred), KeptScalars.Of(_covarianceWeight));
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The mean squared difference of two views: over all pairs of V numbers it is twice their unbiased variance.
    /// </summary>
    private static Tensor Invariance(BaselineInput input)
    {
        var views = input.Views;
        var squares = (views - views.mean([0])).pow(KeptScalars.Of(2)).sum();
        return input.Total(squares) * KeptScalars.Of(2.0 / (views.shape[0] - 1) / (input.AllImages * views.shape[2]));
    }

    private Tensor Variance(BaselineInput centred)
    {
        var variances = centred.Total(centred.Views.pow(KeptScalars.Of(2)).sum([1])) / KeptScalars.Of(centred.AllImages - 1);
        var deviations = variances.add(KeptScalars.Of(_epsilon), KeptScalars.One).sqrt();
        return deviations.neg().add(KeptScalars.One, KeptScalars.One).relu().mean();
    }

    // Twice the mean over views, because a pair adds the terms of both its views.
    private static Tensor Covariance(BaselineInput centred)
    {
        var (views, width) = (centred.Views.shape[0], centred.Views.shape[2]);
        var covariances = centred.Total(centred.Views.transpose(1, 2).bmm(centred.Views)) / KeptScalars.Of(centred.AllImages - 1);
        var diagonal = eye(width, dtype: ScalarType.Bool, device: covariances.device);
        var others = covariances.masked_fill(diagonal, KeptScalars.Of(0));
        return others.pow(KeptScalars.Of(2)).sum() * KeptScalars.Of(2.0 / (views * width));
    }
}
