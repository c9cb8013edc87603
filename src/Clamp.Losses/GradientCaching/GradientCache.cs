using Clamp.Losses.Distributed;
using Clamp.Losses.GradientCaching;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// Trains on batches whose activations do not fit in memory ("Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup",
/// arXiv:2101.06983, section 3.2). A loss over all pairs of images cannot be added up from micro-batches; but its gradient at the
/// embeddings, which are small, can be taken at once and be carried through the encoder a chunk at a time:
/// <list type="number">
/// <item>embed all chunks without a graph;</item>
/// <item>take the loss and its gradient dL/dz of all embeddings together;</item>
/// <item>embed each chunk again, with its graph, and back-propagate its slice of dL/dz into the parameters.</item>
/// </list>
/// </summary>
/// <remarks>
/// Memory: the activations of one chunk instead of the batch; time: one more forward pass of the encoder. The gradient equals that of
/// the whole batch up to rounding when the encoder treats each row by itself. Batch norm in training mode does not: it normalises each
/// chunk by the chunk's own statistics, and both passes update its running statistics, twice a step. Over a process group each process
/// calls with its own images; then an encoder must not communicate, unless all have the same number of chunks. Dropout is replayed: torch's random
/// state is saved before a chunk is embedded and restored before it is embedded again, so that both passes draw the same masks. On CUDA,
/// whose generator TorchSharp cannot read, each chunk seeds it from the CPU's. Other generators are not replayed: do not use any.
/// </remarks>
/// <example>
/// <code>
/// var cache = new GradientCache(criterion, chunkSize: 64);
/// optimizer.zero_grad();
/// using var loss = cache.Backward(encoder.forward, views);   // views: [V, B, 3, H, W]
/// optimizer.step();
/// </code>
/// </example>
public sealed class GradientCache
{
    private readonly ClampLoss _criterion;
    private readonly int _chunkSize;

    /// <summary>Creates the cache, which keeps nothing between calls.</summary>
    /// <param name="criterion">The loss; the caller keeps and disposes it.</param>
    /// <param name="chunkSize">The most images, each with all its views, that are embedded at once; at least 1.</param>
    /// <exception cref="ArgumentNullException"><paramref name="criterion"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="chunkSize"/> is below 1.</exception>
    public GradientCache(ClampLoss criterion, int chunkSize)
    {
        ArgumentNullException.ThrowIfNull(criterion);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkSize, 1);
        (_criterion, _chunkSize) = (criterion, chunkSize);
    }

    /// <summary>Adds dL/dw of the batch's loss to the gradient of each parameter w behind <paramref name="embed"/>.</summary>
    /// <param name="embed">
    /// The encoder: [V*n, ...] to [V*n, D] for n images up to the chunk size. It is called twice for each chunk and must give the same
    /// both times; tensors that it makes are disposed after each call.
    /// </param>
    /// <param name="inputs">View-major inputs of any dtype: [V, B, ...]; V and B at least 2.</param>
    /// <returns>The scalar loss, without a graph; the caller owns it.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="inputs"/> has another shape; the message says which.</exception>
    /// <exception cref="InvalidOperationException">
    /// <paramref name="embed"/> returned another number of rows, or embeddings that nothing can be back-propagated through; or the members
    /// of the process group disagree, or one of them failed before its embeddings were complete.
    /// </exception>
    public Tensor Backward(Func<Tensor, Tensor> embed, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        return Backward(embed, inputs, out _).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="Backward(Func{Tensor, Tensor}, Tensor)"/>, for callers that also measure the embeddings.</summary>
    /// <param name="embed">The encoder.</param>
    /// <param name="inputs">View-major inputs, [V, B, ...].</param>
    /// <param name="embeddings">z, [V, B, D], without a graph; the caller owns it.</param>
    /// <returns>The scalar loss, without a graph; the caller owns it.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="inputs"/> has another shape; the message says which.</exception>
    /// <exception cref="InvalidOperationException">
    /// <paramref name="embed"/> returned another number of rows, or embeddings that nothing can be back-propagated through; or the members
    /// of the process group disagree, or one of them failed before its embeddings were complete.
    /// </exception>
    public Tensor Backward(Func<Tensor, Tensor> embed, Tensor inputs, out Tensor embeddings)
    {
        var chunks = GroupAgreement.OrRefuse(_criterion.ProcessGroup, () =>
        {
            ArgumentNullException.ThrowIfNull(embed);
            ThrowIfNotViewsOfImages(inputs, EmbeddingShape.LeastImages(_criterion.ProcessGroup));
            return Chunks(inputs.shape[1]);
        });
        return Backward(embed, inputs, chunks, out embeddings);
    }

    /// <summary>
    /// As <see cref="Backward(Func{Tensor, Tensor}, Tensor, out Tensor)"/>, with chunks of given sizes instead of the constructor's: for
    /// encoders that communicate (batch norm over several processes), which every process must call equally often.
    /// </summary>
    /// <param name="embed">The encoder.</param>
    /// <param name="inputs">View-major inputs, [V, B, ...].</param>
    /// <param name="images">The images of each chunk, B altogether; a chunk may be empty, and the encoder is called for it too.</param>
    /// <param name="embeddings">z, [V, B, D], without a graph; the caller owns it.</param>
    /// <returns>The scalar loss, without a graph; the caller owns it.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="inputs"/> has another shape, or <paramref name="images"/> are not B altogether; the message says which.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// <paramref name="embed"/> returned another number of rows, or embeddings that nothing can be back-propagated through; or the members
    /// of the process group disagree, or one of them failed before its embeddings were complete.
    /// </exception>
    public Tensor Backward(Func<Tensor, Tensor> embed, Tensor inputs, IReadOnlyList<int> images, out Tensor embeddings)
    {
        var chunks = GroupAgreement.OrRefuse(_criterion.ProcessGroup, () =>
        {
            ArgumentNullException.ThrowIfNull(embed);
            ArgumentNullException.ThrowIfNull(images);
            ThrowIfNotViewsOfImages(inputs, EmbeddingShape.LeastImages(_criterion.ProcessGroup));
            if (images.Any(count => count < 0) || images.Sum() != inputs.shape[1])
            {
                throw new ArgumentException(
                    $"Chunks of [{string.Join(", ", images)}] images given for {inputs.shape[1]}; allowed: at least 0 each, and {inputs.shape[1]} altogether.", nameof(images));
            }

            return images.Select((count, i) => new ImageChunk(images.Take(i).Sum(), count)).ToArray();
        });
        return Backward(embed, inputs, chunks, out embeddings);
    }

    private Tensor Backward(Func<Tensor, Tensor> embed, Tensor inputs, ImageChunk[] chunks, out Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var randomStates = new RandomState[chunks.Length];
        embeddings = GroupAgreement.OrRefuse(_criterion.ProcessGroup, () => EmbedWithoutGraph(embed, inputs, chunks, randomStates));
        var (loss, gradient) = _criterion.LossAndGradient(embeddings);
        BackPropagate(embed, inputs, chunks, randomStates, gradient);
        embeddings.MoveToOuterDisposeScope();
        return loss.MoveToOuterDisposeScope();
    }

    private static Tensor EmbedWithoutGraph(Func<Tensor, Tensor> embed, Tensor inputs, ImageChunk[] chunks, RandomState[] randomStates)
    {
        using var unrecorded = no_grad();
        var parts = new Tensor[chunks.Length];
        for (int i = 0; i < chunks.Length; i++)
        {
            randomStates[i] = RandomState.Mark(inputs.device);
            parts[i] = Embedded(embed, chunks[i], inputs);
        }

        return cat(parts, 1);
    }

    private static void BackPropagate(
        Func<Tensor, Tensor> embed, Tensor inputs, ImageChunk[] chunks, RandomState[] randomStates, Tensor gradient)
    {
        using var recorded = enable_grad();
        for (int i = 0; i < chunks.Length; i++)
        {
            using var scope = NewDisposeScope();
            randomStates[i].Restore();
            var embeddings = Embedded(embed, chunks[i], inputs);
            if (!embeddings.requires_grad)
            {
                throw new InvalidOperationException("embed returned embeddings without a graph: no parameter would get a gradient.");
            }

            embeddings.backward([chunks[i].Of(gradient)]);
        }
    }

    /// <summary>z of one chunk, [V, n, D].</summary>
    private static Tensor Embedded(Func<Tensor, Tensor> embed, ImageChunk chunk, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        var (views, rows) = (inputs.shape[0], inputs.shape[0] * chunk.Images);
        var embeddings = embed(chunk.Of(inputs).flatten(0, 1));
        if (embeddings.dim() != 2 || embeddings.shape[0] != rows)
        {
            throw new InvalidOperationException(
                $"embed returned shape [{string.Join(", ", embeddings.shape)}] for {views} views of {chunk.Images} images; "
                + $"it must be [{rows}, D].");
        }

        return embeddings.unflatten(0, views, chunk.Images).MoveToOuterDisposeScope();
    }

    private static void ThrowIfNotViewsOfImages(Tensor inputs, int leastImages)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.dim() < 2 || inputs.shape[0] < 2 || inputs.shape[1] < leastImages)
        {
            throw new ArgumentException(
                $"The inputs' shape is [{string.Join(", ", inputs.shape)}]. Expected [V, B, ...] with V at least 2 and B at least {leastImages}.", nameof(inputs));
        }
    }

    private ImageChunk[] Chunks(long images) =>
        Enumerable.Range(0, (int)((images + _chunkSize - 1) / _chunkSize))
            .Select(i => (long)i * _chunkSize)
            .Select(start => new ImageChunk(start, Math.Min(_chunkSize, images - start)))
            .ToArray();

    /// <summary>Neighbouring images of a batch.</summary>
    private readonly record struct ImageChunk(long Start, long Images)
    {
        /// <summary>Their part of a [V, B, ...] tensor.</summary>
        public Tensor Of(Tensor batch) => batch.narrow(1, Start, Images);
    }
}
