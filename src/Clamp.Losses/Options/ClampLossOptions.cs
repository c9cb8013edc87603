namespace Clamp.Losses;

/// <summary>
/// Hyper-parameters of <see cref="ClampLoss"/>, with the paper's ImageNet values as defaults (arXiv:2506.13717).
/// In the ranges given, which are checked, the loss and its gradient stay far from the ends of float32's range.
/// Bound from a configuration section by <see cref="ClampLossServiceCollectionExtensions"/>.
/// </summary>
public sealed class ClampLossOptions
{
    /// <summary>The configuration section that holds these options by convention.</summary>
    public const string SectionName = "Clamp";

    /// <summary>
    /// r_s, the size of a sub-manifold relative to the spread of its views; larger means longer-ranged repulsion.
    /// From 0.01 to 1000. The paper uses 7.0 on CIFAR-10 and 8.5 on ImageNet.
    /// </summary>
    public double RadiusScale { get; set; } = 8.5;

    /// <summary>
    /// alpha, the exponent of the repulsive potential; 2 is the harmonic soft sphere. From 1.1 to 10: towards 1 the force no longer fades
    /// where a contact ends, beyond 10 only the deepest overlaps would count.
    /// </summary>
    public double PotentialExponent { get; set; } = 2.0;

    /// <summary>w_rep, the weight of the repulsion. 0, or from 1e-6 to 1e6; not 0 together with <see cref="SizeWeight"/>.</summary>
    public double RepulsionWeight { get; set; } = 1.0;

    /// <summary>w_size, the weight of the sum of radii. 0, or from 1e-6 to 1e6; the paper uses 0.</summary>
    public double SizeWeight { get; set; }

    /// <summary>
    /// d_min, the centroid distance at or below which a pair does not repel (it has no direction to repel along).
    /// At least 0, below <see cref="MaxContactDistance"/>. Below 1e-4, where float32 no longer tells such distances apart, the loss runs
    /// <see cref="ClampBackend.Composite"/> whichever backend is asked for.
    /// </summary>
    public double MinSeparation { get; set; } = 1e-3;

    /// <summary>
    /// d_max, the largest reach of a pair. From 0.01 to 1000. Centroids live in the unit ball, so that from 2 on every pair may touch.
    /// </summary>
    public double MaxContactDistance { get; set; } = 1.5;

    /// <summary>Whether the loss is log(E + 1e-6), as in the paper, or the energy E itself.</summary>
    public bool LogEnergy { get; set; } = true;

    /// <summary>
    /// V, the number of views; at least 2. Needed for [V*B, D] embeddings. When set, [V, B, D] embeddings are checked against it,
    /// which catches swapped view and image dimensions.
    /// </summary>
    public int? Views { get; set; }

    /// <summary>
    /// Whether the fused kernels on CUDA may split the float32 factors of their matrix products into three bfloat16 parts each and
    /// multiply those on tensor cores, six products for one ("bf16x6"): from B = 4096 on, over all processes, and from compute capability
    /// 8.0 on. Everywhere else, on the CPU and in <see cref="ClampBackend.Composite"/> too, it changes nothing. Off by default: in a
    /// simulation its errors are about those of float32, but no GPU has measured either its errors or its speed.
    /// </summary>
    public bool SplitProducts { get; set; }

    /// <summary>Which implementation computes the loss.</summary>
    public ClampBackend Backend { get; set; } = ClampBackend.Auto;

    internal ClampLossOptions Snapshot() => (ClampLossOptions)MemberwiseClone();
}
