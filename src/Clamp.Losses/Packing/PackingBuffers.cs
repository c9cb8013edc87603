using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// The memory of one step besides the gradient: O(B D) numbers and one block of pairs, kept from step to step while the shape stays.
/// Views of it are made once, because making one costs as much as a small product.
/// </summary>
internal sealed class PackingBuffers : IDisposable
{
    private readonly List<Tensor> _owned = [];
    private readonly Tensor _pairSums;

    /// <summary>Allocates for a shape.</summary>
    /// <param name="shape">V, B and D.</param>
    /// <param name="strip">How many rows and columns a strip of pairs has at most.</param>
    /// <param name="device">Where.</param>
    public PackingBuffers((long Views, long Images, long Width) shape, (int Rows, int Columns) strip, Device device)
    {
        using var unrecorded = no_grad();
        var (views, images, width) = Shape = shape;
        EmbeddingSums = Own(zeros([width], float64, device));
        InverseNorms = Own(zeros([images, views], float32, device));
        Delicate = Own(zeros([images], uint8, device));
        Centroids = Own(zeros([images, width], float32, device));
        CentroidForces = Own(zeros([images, width], float32, device));
        SquaredNorms = Own(zeros([images], float32, device));
        Radii = Own(zeros([images], float32, device));
        _pairSums = Own(zeros([2 * images + 1], float64, device));
        ContactSums = Own(_pairSums.narrow(0, 0, images));
        RadiusGradients = Own(_pairSums.narrow(0, images, images));
        Energy = Own(_pairSums.narrow(0, 2 * images, 1));
        var pairs = Own(zeros([Math.Min(images, strip.Rows) * Math.Min(images, strip.Columns)], float32, device));
        Strips = PairStrip.Cut(Centroids, CentroidForces, pairs, strip);
    }

    /// <summary>V, B and D.</summary>
    public (long Views, long Images, long Width) Shape { get; }

    /// <summary>The sum of all embeddings, [D], float64.</summary>
    public Tensor EmbeddingSums { get; }

    /// <summary>1 / norm(x), [B, V], float32.</summary>
    public Tensor InverseNorms { get; }

    /// <summary>Which images need more than float32 for their norms or deviations, [B].</summary>
    public Tensor Delicate { get; }

    /// <summary>c, [B, D], float32.</summary>
    public Tensor Centroids { get; }

    /// <summary>dE/dc but for the part along each image's own centroid, [B, D], float32: A C and the forces of close pairs.</summary>
    public Tensor CentroidForces { get; }

    /// <summary>norm(c)^2, [B], float32.</summary>
    public Tensor SquaredNorms { get; }

    /// <summary>r, [B], float32.</summary>
    public Tensor Radii { get; }

    /// <summary>The sum of A_ij over j, [B], float64.</summary>
    public Tensor ContactSums { get; }

    /// <summary>dE/dr but for w_size, [B], float64.</summary>
    public Tensor RadiusGradients { get; }

    /// <summary>The energy of the pairs before w_rep, [1], float64.</summary>
    public Tensor Energy { get; }

    /// <summary>All pairs, in strips that use the same memory one after another.</summary>
    public IReadOnlyList<PairStrip> Strips { get; }

    /// <summary>Prepares the sums over pairs.</summary>
    public void ClearPairSums() => _pairSums.zero_();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var strip in Strips)
        {
            strip.Dispose();
        }

        _owned.ForEach(tensor => tensor.Dispose());
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
