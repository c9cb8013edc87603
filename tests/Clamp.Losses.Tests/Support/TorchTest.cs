using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Support;

/// <summary>A test whose tensors are disposed when it ends, with seeded random embeddings.</summary>
public abstract class TorchTest : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public virtual void Dispose()
    {
        _scope.Dispose();
        GC.SuppressFinalize(this);
    }

    internal static Tensor RandomEmbeddings(long views, long images, long width, ScalarType dtype = ScalarType.Float64, long seed = 7)
    {
        using var generator = new Generator((ulong)seed);
        return randn([views, images, width], dtype: ScalarType.Float64, generator: generator).to(dtype);
    }

    /// <summary>Views that lie around their image's own direction, so that some sub-manifolds touch and others do not.</summary>
    internal static Tensor ClusteredEmbeddings(
        long views, long images, long width, double noise = 0.6, ScalarType dtype = ScalarType.Float64, long seed = 7) =>
        RandomEmbeddings(1, images, width, seed: seed)
            .add(RandomEmbeddings(views, images, width, seed: seed + 1), KeptScalars.Of(noise)) // The collector would free a number of its own.
            .to(dtype);
}
