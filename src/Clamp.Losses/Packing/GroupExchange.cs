using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// What the processes of a group tell each other in one step: the sum of their embeddings, their centroids and radii, and their energy.
/// It stands in tensors, which the kernels read and write by their addresses, so that it must live, and be disposed, after their last work.
/// </summary>
/// <param name="group">The processes.</param>
/// <param name="shape">V, B and D, and which images of all these are.</param>
/// <param name="device">Where.</param>
internal sealed unsafe class GroupExchange(IProcessGroup group, BatchShape shape, Device device) : IDisposable
{
    private readonly Tensor _embeddingSums = empty([shape.Width], float64, device);
    private readonly Tensor _energy = empty([1], float64, device);
    private readonly Tensor _centroids = empty([shape.Images, shape.Width], float32, device);

    // Squared norms, then radii: each contiguous for the kernels.
    private readonly Tensor _sizes = empty([2, shape.Images], float32, device);

    // What the group gives is the caller's, and need not be in a dispose scope.
    private Tensor? _allCentroids;
    private Tensor? _allSizes;

    /// <summary>The step's memory with these tensors in it.</summary>
    /// <param name="batch">The step's memory.</param>
    public BatchMemory Placed(BatchMemory batch) => batch with
    {
        EmbeddingSums = (double*)TensorMemory.Of(_embeddingSums),
        Energy = (double*)TensorMemory.Of(_energy),
        Centroids = (float*)TensorMemory.Of(_centroids),
        SquaredNorms = (float*)TensorMemory.Of(_sizes),
        Radii = (float*)TensorMemory.Of(_sizes) + shape.Images,
    };

    /// <summary>Adds the embeddings of all processes.</summary>
    public void AddEmbeddings() => group.AllReduceSum(_embeddingSums);

    /// <summary>The step's memory among the images of all processes.</summary>
    /// <param name="batch">The step's memory, with its own statistics.</param>
    public BatchMemory Gather(BatchMemory batch)
    {
        _allCentroids = group.AllGather(_centroids);
        using var imageMajor = group.AllGather(_sizes.t().contiguous());
        _allSizes = imageMajor.t().contiguous();
        var squaredNorms = (float*)TensorMemory.Of(_allSizes);
        return batch.AmongAll((float*)TensorMemory.Of(_allCentroids), squaredNorms, squaredNorms + shape.AllImages);
    }

    /// <summary>Adds the energies of all processes' rows.</summary>
    public void AddEnergies() => group.AllReduceSum(_energy);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { _embeddingSums, _energy, _centroids, _sizes, _allCentroids, _allSizes })
        {
            tensor?.Dispose();
        }
    }
}
