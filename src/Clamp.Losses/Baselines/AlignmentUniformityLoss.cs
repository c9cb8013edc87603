using Clamp.Losses.Baselines;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// Alignment and uniformity ("Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
/// arXiv:2005.10242, section 4): on the unit sphere the views of an image come together and the images of a view spread out.
/// <code>
/// L = mean over i of norm(a_i - b_i)^alpha
///     + mean over both views x of log( mean over i &lt; j of exp(-t norm(x_i - x_j)^2) )
/// </code>
/// </summary>
/// <remarks>
/// The paper has two views; with more, this is the mean over all pairs of views. It forms V matrices of [B, B]. The loss is a float64
/// scalar for float64 embeddings and float32 otherwise; the gradient has the embeddings' type, the embeddings are never modified, and
/// NaN gives NaN.
/// </remarks>
public sealed class AlignmentUniformityLoss : nn.Module<Tensor, Tensor>
{
    private readonly double _alignmentExponent;
    private readonly double _uniformityScale;

    /// <summary>Creates the loss.</summary>
    /// <param name="alignmentExponent">alpha, at least 1: below, the pull on views that coincide would be infinite.</param>
    /// <param name="uniformityScale">t, above 0: the larger, the shorter the range of the repulsion.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range, or not finite.</exception>
    public AlignmentUniformityLoss(double alignmentExponent = 2, double uniformityScale = 2, string name = nameof(AlignmentUniformityLoss))
        : base(name)
    {
        _alignmentExponent = ParameterRange.AtLeast(1, alignmentExponent);
        _uniformityScale = ParameterRange.Positive(uniformityScale);
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">z, view-major: [V, B, D]; V and B at least 2, D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    public override Tensor forward(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var points = BaselineInput.OnUnitSphere(embeddings);
        return (ViewPairs.Mean(points, Alignment) + Uniformity(points)).MoveToOuterDisposeScope();
    }

    private Tensor Alignment(Tensor a, Tensor b) => (a - b).norm(dim: -1, p: 2).pow(_alignmentExponent).mean();

    private Tensor Uniformity(Tensor points)
    {
        var images = points.shape[1];
        var itself = eye(images, dtype: ScalarType.Bool, device: points.device);
        var exponents = (-_uniformityScale * SquaredDistances(points)).masked_fill(itself, double.NegativeInfinity);
        return exponents.flatten(1).logsumexp(1).mean() - Math.Log(images * (images - 1.0));
    }

    /// <summary>Of all pairs of images in each view, [V, B, B].</summary>
    private static Tensor SquaredDistances(Tensor points)
    {
        var squaredNorms = points.square().sum(-1, keepdim: true);
        return squaredNorms + squaredNorms.transpose(1, 2) - 2 * points.bmm(points.transpose(1, 2));
    }
}
