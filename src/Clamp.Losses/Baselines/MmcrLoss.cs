using Clamp.Losses.Baselines;
using Clamp.Losses.Distributed;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// MMCR ("Learning Efficient Coding of Natural Images with Maximum Manifold Capacity Representations", arXiv:2303.03307, its training
/// objective): the centroids of the images' views, which lie inside the unit sphere, span as much as they can.
/// <code>
/// L = -(sum of the singular values of C),  c_i = mean over views of z_vi / norm(z_vi),  C = [B, D]
/// </code>
/// The paper's second term, a weight times the nuclear norm of each image's own views, is left out: its weight is 0 here.
/// </summary>
/// <remarks>
/// Any number of views. The singular values are computed on the embeddings' device in their precision (float32 for narrower types),
/// in O(B D min(B, D)). The loss is a float64 scalar for float64 embeddings and float32 otherwise; the gradient has the embeddings'
/// type, the embeddings are never modified, and NaN gives NaN. Over a process group it is the loss of all members' images, with gradients as for
/// <see cref="ClampLoss"/>.
/// </remarks>
public sealed class MmcrLoss : nn.Module<Tensor, Tensor>
{
    private readonly IProcessGroup _group;

    /// <summary>Creates the loss; it has no parameters.</summary>
    /// <param name="processGroup">The processes that share each batch; this one alone when null.</param>
    /// <param name="name">The module's name.</param>
    public MmcrLoss(IProcessGroup? processGroup = null, string name = nameof(MmcrLoss))
        : base(name) => _group = processGroup ?? SingleProcessGroup.Instance;

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">z, view-major: [V, B, D]; V and B at least 2 (B at least 1 in a group), D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    public override Tensor forward(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var points = BaselineInput.Of(embeddings, _group, GroupCall.Mmcr).OnUnitSphere();
        var centroids = Collective.Gather(points.Views.mean([0]), _group, points.Part.FirstImage);

        // The decomposition throws on NaN, where a loss has to be NaN.
        var finite = centroids.isfinite().all().item<bool>();
        return (finite ? -linalg.svdvals(centroids).sum() : centroids.sum()).MoveToOuterDisposeScope();
    }
}
