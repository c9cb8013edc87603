using Clamp.Losses.Baselines;
using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
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
/// NaN gives NaN. Over a process group it is the loss of all members' images, with gradients as for <see cref="ClampLoss"/>.
/// </remarks>
public sealed class AlignmentUniformityLoss : nn.Module<Tensor, Tensor>
{
    private readonly double _alignmentExponent;
    private readonly double _uniformityScale;
    private readonly IProcessGroup _group;

    /// <summary>Creates the loss.</summary>
    /// <param name="alignmentExponent">alpha, at least 1: below, the pull on views that coincide would be infinite.</param>
    /// <param name="uniformityScale">t, above 0: the larger, the shorter the range of the repulsion.</param>
    /// <param name="processGroup">The processes that share each batch; this one alone when null.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range, or not finite.</exception>
    public AlignmentUniformityLoss(
        double alignmentExponent = 2,
        double uniformityScale = 2,
        IProcessGroup? processGroup = null,
        string name = nameof(AlignmentUniformityLoss))
        : base(name)
    {
        _alignmentExponent = ParameterRange.AtLeast(1, alignmentExponent);
        _uniformityScale = ParameterRange.Positive(uniformityScale);
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
        var points = BaselineInput.Of(
            embeddings, _group, GroupCall.AlignmentUniformity, ("the alignment exponent", _alignmentExponent), ("the uniformity scale", _uniformityScale)).OnUnitSphere();
        return Alignment(points).add(Uniformity(points), KeptScalars.One).MoveToOuterDisposeScope();
    }

    private Tensor Alignment(BaselineInput points)
    {
        var views = points.Views.unbind(0);
        var exponent = KeptScalars.Of(_alignmentExponent);
        var sum = ViewPairs.Mean(views.Length, (a, b) => (views[a] - views[b]).norm(dim: -1, p: 2).pow(exponent).sum());
        return points.Total(sum) / KeptScalars.Of(points.AllImages);
    }

    private Tensor Uniformity(BaselineInput points)
    {
        var images = points.AllImages;
        var places = points.Places();
        var itself = points.OfThese(places).unsqueeze(1) == places.unsqueeze(0);
        var exponents = (KeptScalars.Of(-_uniformityScale) * SquaredDistances(points.Views, points.OfAll()))
            .masked_fill(itself, KeptScalars.Of(double.NegativeInfinity));
        var logarithms = Collective.Gather(exponents.flatten(1).logsumexp(1).unsqueeze(0), _group, _group.Rank).logsumexp(0);
        return logarithms.mean() - KeptScalars.Of(Math.Log(images * (images - 1.0)));
    }

    /// <summary>Of the images with all images in each view, [V, B, all].</summary>
    private static Tensor SquaredDistances(Tensor points, Tensor all)
    {
        var squaredNorms = SquaredNorms(points).add(SquaredNorms(all).transpose(1, 2), KeptScalars.One);
        return squaredNorms - KeptScalars.Of(2) * points.bmm(all.transpose(1, 2));
    }

    private static Tensor SquaredNorms(Tensor points) => points.pow(KeptScalars.Of(2)).sum(-1, keepdim: true);
}
