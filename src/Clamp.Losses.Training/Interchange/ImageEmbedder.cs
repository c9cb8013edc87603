using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>A trained encoder in an application, from pictures to features in torch.</summary>
/// <remarks>Several threads may use an instance at once; it must not be disposed, nor its network trained, while one does.</remarks>
public sealed class ImageEmbedder : ImageEncoder, IEmbeddingGenerator<DataContent, Embedding<float>>
{
    private readonly nn.Module<Tensor, Tensor> _encoder;
    private readonly Normalisation _normalisation;
    private readonly Device _device;
    private readonly IDisposable? _owned;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Puts a network into eval mode and looks at the width of its features; it stays the caller's.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to [N, F], finite.</param>
    /// <param name="size">The side of the images that it was trained on, in pixels, at least 1.</param>
    /// <param name="decode">Decodes images, such as <c>SkiaImage.Read</c>.</param>
    /// <param name="normalisation">What it was trained with; null for the defaults.</param>
    /// <param name="centre">How pictures are scaled before the centre is cut out; null scales the shorter side to the size, bilinear.</param>
    /// <param name="device">Where the network is; null for the CPU.</param>
    /// <param name="model">Its name, for the metadata; null for none.</param>
    /// <exception cref="ArgumentException">The network makes something else than [N, F] of images of this size.</exception>
    /// <exception cref="InvalidOptionsException">The normalisation cannot be used.</exception>
    public ImageEmbedder(
        nn.Module<Tensor, Tensor> encoder,
        int size,
        ImageStreamDecoder decode,
        Normalisation? normalisation = null,
        CentreCrop? centre = null,
        Device? device = null,
        string? model = null)
        : this(encoder, size, decode, normalisation, centre, device, model, owned: null)
    {
    }

    private ImageEmbedder(
        nn.Module<Tensor, Tensor> encoder,
        int size,
        ImageStreamDecoder decode,
        Normalisation? normalisation,
        CentreCrop? centre,
        Device? device,
        string? model,
        IDisposable? owned)
        : base(size, centre ?? new CentreCrop(), decode)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        (_encoder, _normalisation, _device, _owned) = (encoder, normalisation ?? new Normalisation(), device ?? CPU, owned);
        _normalisation.Validate();
        encoder.eval();
        using var black = Output(new byte[3 * size * size], 1, size, size);
        FeatureWidth = black.dim() == 2 && black.shape is [1, > 0]
            ? (int)black.shape[1]
            : throw new ArgumentException($"The network makes [{string.Join(", ", black.shape)}] of an image; allowed: [1, F].", nameof(encoder));
        _metadata = EmbeddingGeneration.Metadata(this, model);
    }

    /// <inheritdoc/>
    public override int FeatureWidth { get; }

    /// <summary>The encoder of a finished run, which the embedder owns.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="decode">Decodes images, such as <c>SkiaImage.Read</c>.</param>
    /// <param name="device">Where to encode; null for the CPU.</param>
    /// <returns>An embedder that sees images as the run's evaluation does; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">It is no run folder, or its training did not finish.</exception>
    /// <exception cref="InvalidDataException">A file of it is damaged.</exception>
    public static ImageEmbedder FromRun(string run, ImageStreamDecoder decode, Device? device = null)
    {
        var (folder, options) = RunFolder.Open<RunOptions>(run);
        var encoder = options.InitialEncoder(device ?? CPU);
        try
        {
            folder.LoadEncoder(encoder);
            return Of(encoder, options, decode, device, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run))));
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    /// <summary>An encoder with the options of its run, which the embedder owns from then on.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="options">The options.</param>
    /// <param name="decode">Decodes images.</param>
    /// <param name="device">Where the encoder is; null for the CPU.</param>
    /// <param name="model">Its name, for the metadata; null for none.</param>
    /// <returns>An embedder that sees images as the run's evaluation does; the caller disposes it.</returns>
    public static ImageEmbedder Of(
        nn.Module<Tensor, Tensor> encoder, RunOptions options, ImageStreamDecoder decode, Device? device = null, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var centre = new CentreCrop(options.EvaluationResize, options.EvaluationInterpolation);
        return new ImageEmbedder(encoder, options.SeenSize, decode, options.Normalisation, centre, device, model, owned: encoder);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The options ask for another number of dimensions than F.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<DataContent> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        EmbeddingGeneration.GenerateAsync(this, _metadata.DefaultModelId, values, options, cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => EmbeddingGeneration.Service(this, _metadata, serviceType, serviceKey);

    /// <inheritdoc/>
    protected override float[] EncodeBatch(byte[] planes, int count, int height, int width)
    {
        using var features = Output(planes, count, height, width);
        return MemoryMarshal.Cast<byte, float>(features.bytes).ToArray();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _owned?.Dispose();
        }
    }

    private Tensor Output(byte[] planes, int count, int height, int width)
    {
        using var scope = NewDisposeScope();
        var pixels = new PixelBuffer(count, ImageSource.Channels, height, width);
        planes.CopyTo(pixels.At(0, planes.Length));
        var features = FeatureExtractor.Output(_encoder, () => _normalisation.Apply(pixels.Pixels.to(_device)));
        return features.to(ScalarType.Float32).cpu().contiguous().MoveToOuterDisposeScope();
    }
}
