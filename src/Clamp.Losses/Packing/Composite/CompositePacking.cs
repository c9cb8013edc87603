using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing.Composite;

/// <summary>
/// The loss as the paper writes it (arXiv:2506.13717), in plain torch operations, float64 throughout, differentiated by autograd:
/// the specification that every other backend is tested against.
/// </summary>
internal static class CompositePacking
{
    /// <summary>L = log(E + 1e-6), or E.</summary>
    /// <param name="embeddings">z, [V, B, D], any floating dtype.</param>
    /// <param name="part">Which images of all these are.</param>
    /// <param name="options">Valid options.</param>
    /// <returns>A scalar: float64 for float64 embeddings, else float32.</returns>
    public static Tensor Loss(Tensor embeddings, BatchPart part, ClampLossOptions options)
    {
        using var scope = NewDisposeScope();
        var subManifolds = SubManifolds.Of(embeddings, options.RadiusScale, part);
        var energy = Collective.Sum(Energy(subManifolds, Contacts.Of(subManifolds, options), options), part.Group);
        var loss = options.LogEnergy ? energy.add(KeptScalars.Of(Floors.Energy), KeptScalars.One).log() : energy;
        return loss.to(embeddings.dtype == float64 ? float64 : float32).MoveToOuterDisposeScope();
    }

    /// <summary>L and its gradient, in the shape and dtype of the embeddings, both without a graph.</summary>
    /// <param name="embeddings">z, [V, B, D], any floating dtype.</param>
    /// <param name="part">Which images of all these are.</param>
    /// <param name="options">Valid options.</param>
    public static (Tensor Loss, Tensor Gradient) LossAndGradient(Tensor embeddings, BatchPart part, ClampLossOptions options)
    {
        using var scope = NewDisposeScope();
        using var training = inference_mode(false);
        using var recording = enable_grad();

        // A copy: what was made in inference mode can need no gradient.
        var leaf = embeddings.detach().clone().requires_grad_();
        var loss = Loss(leaf, part, options);

        // An exception that autograd.grad meets ends the process.
        loss.backward();
        return (loss.detach().MoveToOuterDisposeScope(), leaf.grad!.MoveToOuterDisposeScope());
    }

    /// <summary>E = w_rep * sum over contacts of (1 - d/s)^alpha + w_size * sum of r, of these images' rows.</summary>
    /// <param name="subManifolds">The images.</param>
    /// <param name="contacts">Its contacts.</param>
    /// <param name="options">Valid options.</param>
    public static Tensor Energy(SubManifolds subManifolds, Contacts contacts, ClampLossOptions options) =>
        (KeptScalars.Of(options.RepulsionWeight) * contacts.Overlaps().pow(KeptScalars.Of(options.PotentialExponent)).sum())
            .add(KeptScalars.Of(options.SizeWeight) * subManifolds.Radii.sum(), KeptScalars.One);
}
