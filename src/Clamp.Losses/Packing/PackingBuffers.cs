using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// The memory of one step besides the gradient: O(B D) numbers and one block of pairs, kept from step to step while the shape stays.
/// Slices are made once, because making one costs as much as a small product.
/// </summary>
internal sealed class PackingBuffers : IDisposable
{
    private readonly List<Tensor> _owned = [];
    private readonly Dictionary<(long Rows, long Columns), Matrix> _grams = [];
    private readonly Tensor _pairs;

    /// <summary>Allocates for a shape.</summary>
    /// <param name="shape">V, B and D.</param>
    /// <param name="blockImages">How many images a side of a block of pairs has at most.</param>
    /// <param name="device">Where.</param>
    public PackingBuffers((long Views, long Images, long Width) shape, int blockImages, Device device)
    {
        using var unrecorded = no_grad();
        var (views, images, width) = Shape = shape;
        EmbeddingSums = Own(zeros([width], float64, device));
        ProjectedSums = Own(zeros([width], float64, device));
        InverseNorms = Own(zeros([images, views], float32, device));
        Delicate = Own(zeros([images], uint8, device));
        Centroids = Own(zeros([images, width], float32, device));
        CentroidForces = Own(zeros([images, width], float32, device));
        SquaredNorms = Own(zeros([images], float32, device));
        Radii = Own(zeros([images], float32, device));
        ContactSums = Own(zeros([images], float64, device));
        RadiusGradients = Own(zeros([images], float64, device));
        Energy = Own(zeros([1], float64, device));
        _pairs = Own(zeros([Math.Min(images, blockImages) * Math.Min(images, blockImages)], float32, device));
        CentroidBlocks = Blocks(Centroids, blockImages);
        ForceBlocks = Blocks(CentroidForces, blockImages);
    }

    /// <summary>V, B and D.</summary>
    public (long Views, long Images, long Width) Shape { get; }

    /// <summary>The sum of all embeddings, [D], float64.</summary>
    public Tensor EmbeddingSums { get; }

    /// <summary>The sum of all h, [D], float64.</summary>
    public Tensor ProjectedSums { get; }

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

    /// <summary>The centroids, a block of images at a time.</summary>
    public IReadOnlyList<Matrix> CentroidBlocks { get; }

    /// <summary>The centroid forces, a block of images at a time.</summary>
    public IReadOnlyList<Matrix> ForceBlocks { get; }

    /// <summary>The block of pairs.</summary>
    /// <param name="rows">How many images i.</param>
    /// <param name="columns">How many images j.</param>
    public Matrix Gram(long rows, long columns)
    {
        if (!_grams.TryGetValue((rows, columns), out var gram))
        {
            gram = OwnMatrix(_pairs.as_strided([rows, columns], [columns, 1], 0));
            _grams.Add((rows, columns), gram);
        }

        return gram;
    }

    /// <summary>Prepares the sums over pairs.</summary>
    public void ClearPairSums()
    {
        ContactSums.zero_();
        RadiusGradients.zero_();
        Energy.zero_();
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(tensor => tensor.Dispose());

    private List<Matrix> Blocks(Tensor rows, int blockImages)
    {
        var blocks = new List<Matrix>();
        for (long first = 0; first < rows.shape[0]; first += blockImages)
        {
            blocks.Add(OwnMatrix(rows.narrow(0, first, Math.Min(blockImages, rows.shape[0] - first))));
        }

        return blocks;
    }

    private Matrix OwnMatrix(Tensor values) => new(Own(values), Own(values.t()));

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <summary>A matrix and a view of its transpose.</summary>
    /// <param name="Values">The matrix.</param>
    /// <param name="Transposed">Its transpose.</param>
    public sealed record Matrix(Tensor Values, Tensor Transposed)
    {
        /// <summary>How many rows.</summary>
        public int Rows { get; } = (int)Values.shape[0];
    }
}
