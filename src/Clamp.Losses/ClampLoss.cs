using Clamp.Losses.Distributed;
using Clamp.Losses.Geometry;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Composite;
using Clamp.Losses.Packing.Cuda;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// CLAMP, the manifold-packing loss ("Contrastive Self-Supervised Learning As Neural Manifold Packing", arXiv:2506.13717).
/// The V views of an image form a sub-manifold with a centroid c and a radius r; sub-manifolds that overlap repel each other:
/// <code>
/// E = w_rep * sum over i &lt; j in contact of (1 - d_ij / s_ij)^alpha + w_size * sum over i of r_i
/// L = log(E + 1e-6)
/// </code>
/// where d_ij is the distance of two centroids, s_ij = min(r_i + r_j, d_max) their reach, and a contact is d_min &lt; d_ij &lt; s_ij.
/// </summary>
/// <remarks>
/// Embeddings may be float64, float32, float16 or bfloat16, on any device that has float64, with any strides; they are never
/// modified. The loss is a float64 scalar for float64 embeddings and float32 otherwise; the gradient has the embeddings' type.
/// Degenerate batches (all equal, all zero, coincident views) give a finite loss and gradient; NaN or infinity gives NaN. A collapsed
/// batch and a perfectly separated one have the same loss, log(1e-6): <see cref="Measure"/> tells them apart.
/// Results repeat bit for bit on one machine with the same number of threads. On the CPU and on CUDA, embeddings up to float32 run the
/// fused kernels in memory O(B D), some of which the module keeps from step to step until it is disposed. Threads may share one module.
/// <para>
/// Over a process group of several members each passes the embeddings of its own images: V and D alike, B as many as it has, at least 1.
/// Every member gets the loss of all images, the same number, and the gradient of that number with respect to its own embeddings. The
/// gradients of parameters are therefore to be <em>summed</em> over the members, not averaged. All members make the same calls in the
/// same order; where they disagree, or one refuses its embeddings, all get an <see cref="InvalidOperationException"/>.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 7.0 });
/// var embeddings = encoder.forward(images).reshape(views, batch, -1);
/// criterion.forward(embeddings).backward();
/// </code>
/// </example>
public sealed class ClampLoss : nn.Module<Tensor, Tensor>
{
    private readonly ClampLossOptions _options;
    private readonly PackingBackends _backends;
    private readonly FusedLoss _fused;
    private volatile int _lastBackend = -1;
    private volatile bool _disposed;

    /// <summary>Creates the loss.</summary>
    /// <param name="options">Hyper-parameters, copied; the defaults when null.</param>
    /// <param name="processGroup">The processes that share each batch; this one alone when null.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="OptionsValidationException">Options are out of range; all of them are listed.</exception>
#pragma warning disable RS0027 // Optional parameters are not added to it: what is new goes into the options.
    public ClampLoss(ClampLossOptions? options = null, IProcessGroup? processGroup = null, string name = nameof(ClampLoss))
#pragma warning restore RS0027
        : this(options, processGroup, name, logger: null)
    {
    }

    /// <summary>Creates the loss with a logger, as <see cref="ClampLossServiceCollectionExtensions"/> does.</summary>
    /// <param name="options">Hyper-parameters, copied; the defaults when null.</param>
    /// <param name="processGroup">The processes that share each batch; this one alone when null.</param>
    /// <param name="logger">
    /// Told, once, when a GPU cannot run the fused kernels; <see cref="System.Diagnostics.Trace"/> is told when null.
    /// </param>
    /// <exception cref="OptionsValidationException">Options are out of range; all of them are listed.</exception>
    public ClampLoss(ClampLossOptions? options, IProcessGroup? processGroup, ILogger<ClampLoss>? logger)
        : this(options, processGroup, nameof(ClampLoss), logger)
    {
    }

    private ClampLoss(ClampLossOptions? options, IProcessGroup? processGroup, string name, ILogger? logger)
        : base(name)
    {
        _options = options?.Snapshot() ?? new ClampLossOptions();
        ClampLossOptionsValidator.ThrowIfInvalid(_options);
        _backends = new PackingBackends(_options, CudaDevices.OfProcess, logger);
        _fused = new FusedLoss(_backends.Kernels, logger);
        ProcessGroup = processGroup ?? SingleProcessGroup.Instance;
    }

    /// <summary>The processes whose images make up a batch; <see cref="SingleProcessGroup"/> unless the constructor was given others.</summary>
    public IProcessGroup ProcessGroup { get; }

    /// <summary>
    /// What computed the last loss, <see cref="ClampBackend.Composite"/> or <see cref="ClampBackend.Fused"/>; null before the first.
    /// Of a module that threads share, the loss of whichever thread began last.
    /// </summary>
    public ClampBackend? LastBackend => _lastBackend < 0 ? null : (ClampBackend)_lastBackend;

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">
    /// z, view-major: [V, B, D], or [V*B, D] when <see cref="ClampLossOptions.Views"/> is set; V and B at least 2, D at least 1.
    /// Of a group of several processes each passes its own images, at least 1.
    /// </param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    /// <exception cref="InvalidOperationException">
    /// <see cref="ClampBackend.Fused"/> is asked for on a device that cannot run it, or the members of the process group disagree; the
    /// message says what is missing, or on what.
    /// </exception>
    /// <exception cref="NotSupportedException">The device has no float64 (MPS).</exception>
    /// <exception cref="ObjectDisposedException">The module has been disposed.</exception>
    public override Tensor forward(Tensor embeddings) => Loss(() => embeddings);

    /// <summary>The loss of a batch whose views are separate tensors.</summary>
    /// <param name="views">V tensors of the same shape [B, D], dtype and device; V and B at least 2, D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="views"/> is null.</exception>
    /// <exception cref="ArgumentException">The list or its tensors are not as described; the message says what was given.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="forward(Tensor)"/>.</exception>
    /// <exception cref="NotSupportedException">As for <see cref="forward(Tensor)"/>.</exception>
    /// <exception cref="ObjectDisposedException">As for <see cref="forward(Tensor)"/>.</exception>
    public Tensor forward(IReadOnlyList<Tensor> views) => Loss(() => EmbeddingShape.Stacked(views));

    /// <summary>The loss and its gradient, both without a graph, for callers that drive the backward pass themselves.</summary>
    /// <param name="embeddings">As for <see cref="forward(Tensor)"/>; whether they require a gradient does not matter.</param>
    /// <returns>The scalar loss, and dL/dz in the shape and dtype of <paramref name="embeddings"/>; the caller owns both.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">As for <see cref="forward(Tensor)"/>.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="forward(Tensor)"/>.</exception>
    /// <exception cref="NotSupportedException">As for <see cref="forward(Tensor)"/>.</exception>
    /// <exception cref="ObjectDisposedException">As for <see cref="forward(Tensor)"/>.</exception>
    public (Tensor Loss, Tensor Gradient) LossAndGradient(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var (viewMajor, backend, part) = Enter(() => embeddings, GroupCall.LossAndGradient);
        var (loss, gradient) = backend == ClampBackend.Fused
            ? _fused.LossAndGradient(viewMajor, part)
            : CompositePacking.LossAndGradient(viewMajor, part, _options);
        return (loss.MoveToOuterDisposeScope(), gradient.reshape(embeddings.shape).MoveToOuterDisposeScope());
    }

    /// <summary>Centroids, radii and the state of the packing of a batch, without a graph.</summary>
    /// <param name="embeddings">As for <see cref="forward(Tensor)"/>.</param>
    /// <returns>The geometry; the caller disposes it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">As for <see cref="forward(Tensor)"/>.</exception>
    /// <exception cref="InvalidOperationException">The members of the process group disagree; the message says on what.</exception>
    /// <exception cref="NotSupportedException">The device has no float64 (MPS).</exception>
    /// <exception cref="ObjectDisposedException">As for <see cref="forward(Tensor)"/>.</exception>
    public SubManifoldGeometry Measure(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        var (viewMajor, backend, part) = Enter(() => embeddings, GroupCall.Measure);
        var values = viewMajor.detach();
        var geometry = backend == ClampBackend.Fused ? FusedMeasurement.Of(values, part, _fused, _options) : null;
        geometry ??= GeometryMeasurement.Of(values, part, _options);
        scope.MoveToOuter(geometry.Tensors);
        return geometry;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed = true;
            _fused.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor Loss(Func<Tensor> embeddings)
    {
        using var scope = NewDisposeScope();
        var (viewMajor, backend, part) = Enter(embeddings, GroupCall.Clamp);
        var loss = backend == ClampBackend.Fused
            ? _fused.Loss(viewMajor, part)
            : CompositePacking.Loss(viewMajor, part, _options);
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>Checks what a call was given, decides who computes it, and has the members of the group agree on it.</summary>
    private (Tensor ViewMajor, ClampBackend Backend, BatchPart Part) Enter(Func<Tensor> embeddings, GroupCall call)
    {
        var (viewMajor, backend) = GroupAgreement.OrRefuse(ProcessGroup, () =>
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var checkedOnes = EmbeddingShape.ViewMajor(embeddings(), _options.Views, EmbeddingShape.LeastImages(ProcessGroup));
            return (checkedOnes, call == GroupCall.Measure ? Measuring(checkedOnes) : Choose(checkedOnes));
        });

        if (ProcessGroup.WorldSize == 1)
        {
            return (viewMajor, backend, BatchPart.Whole(viewMajor.shape[1]));
        }

        var part = GroupAgreement.Of(
            ProcessGroup,
            viewMajor,
            call,
            ("the backend", backend),
            (nameof(_options.RadiusScale), _options.RadiusScale),
            (nameof(_options.PotentialExponent), _options.PotentialExponent),
            (nameof(_options.RepulsionWeight), _options.RepulsionWeight),
            (nameof(_options.SizeWeight), _options.SizeWeight),
            (nameof(_options.MinSeparation), _options.MinSeparation),
            (nameof(_options.MaxContactDistance), _options.MaxContactDistance),
            (nameof(_options.LogEnergy), _options.LogEnergy));
        return (viewMajor, backend, part);
    }

    private ClampBackend Choose(Tensor embeddings)
    {
        var backend = _backends.Choose(embeddings.device_type, embeddings.device_index, embeddings.dtype);
        _lastBackend = (int)backend;
        return backend;
    }

    /// <summary>A GPU, and processes that share a batch, measure in float64.</summary>
    private ClampBackend Measuring(Tensor embeddings)
    {
        PackingBackends.RequireFloat64(embeddings.device_type);
        return ProcessGroup.WorldSize == 1 && embeddings.device_type == DeviceType.CPU
            ? _backends.Choose(embeddings.device_type, embeddings.device_index, embeddings.dtype)
            : ClampBackend.Composite;
    }
}
