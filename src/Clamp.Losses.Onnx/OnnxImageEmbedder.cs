using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.ML.OnnxRuntime;

namespace Clamp.Losses.Onnx;

/// <summary>
/// An encoder that <c>export --format onnx</c> wrote, from pictures to features in ONNX Runtime, without torch. The application adds the
/// runtime's natives: <c>Microsoft.ML.OnnxRuntime</c>, or another of its packages.
/// </summary>
/// <remarks>Several threads may use an instance at once; it must not be disposed while one does.</remarks>
public sealed class OnnxImageEmbedder : ImageEncoder, IEmbeddingGenerator<DataContent, Embedding<float>>
{
    private const string Input = "images";
    private const string Output = "features";
    private readonly InferenceSession _session;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Opens a file, whose metadata tell what images it expects.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decode">Decodes images, such as <c>SkiaImage.Read</c>.</param>
    /// <param name="options">Of the session, such as threads and devices; the caller's. Null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or no such encoder, or does not tell its image size.</exception>
    public OnnxImageEmbedder(string path, ImageStreamDecoder decode, SessionOptions? options = null)
        : this(path, Open(path, options), decode)
    {
    }

    private OnnxImageEmbedder(string path, InferenceSession session, ImageStreamDecoder decode)
        : base(SizeOf(path, session), CentreOf(path, session), decode)
    {
        (_session, FeatureWidth) = (session, session.OutputMetadata[Output].Dimensions[1]);
        _metadata = EmbeddingGeneration.Metadata(this, session.ModelMetadata.CustomMetadataMap.GetValueOrDefault("run") ?? Path.GetFileNameWithoutExtension(path));
    }

    /// <inheritdoc/>
    public override int FeatureWidth { get; }

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
        var pixels = new float[planes.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = planes[i] / 255f;
        }

        using var images = OrtValue.CreateTensorValueFromMemory(pixels, [count, 3, height, width]);
        using var run = new RunOptions();
        using var results = _session.Run(run, [Input], [images], [Output]);
        var features = results[0].GetTensorDataAsSpan<float>().ToArray();
        return Array.TrueForAll(features, float.IsFinite)
            ? features
            : throw new InvalidDataException("Features are NaN or infinite: the weights that they come from have diverged, or float16 does not hold them.");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _session.Dispose();
        }
    }

    private static InferenceSession Open(string path, SessionOptions? options)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{path}' does not exist; expected an encoder that was exported to ONNX.", path);
        }

        InferenceSession? session = null;
        try
        {
            session = options is null ? new InferenceSession(path) : new InferenceSession(path, options);
            return session.InputMetadata.ContainsKey(Input) && session.OutputMetadata.TryGetValue(Output, out var features) && features.Dimensions is [_, > 0]
                ? session
                : throw new InvalidDataException($"'{path}' does not lead from {Input} to {Output} [N, F]; expected an encoder that Clamp.Losses exported.");
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"'{path}' is no ONNX file that this runtime can run: {e.Message}", e);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    private static int SizeOf(string path, InferenceSession session) => Number(path, session, "image_size")
        ?? throw Refused(session, $"'{path}' does not tell its image_size in its metadata; export a run, whose options tell it.");

    private static CentreCrop CentreOf(string path, InferenceSession session) => new(
        Number(path, session, "evaluation_resize") ?? 0,
        session.ModelMetadata.CustomMetadataMap.GetValueOrDefault("evaluation_interpolation") switch
        {
            null or "bilinear" => Interpolation.Bilinear,
            "bicubic" => Interpolation.Bicubic,
            var other => throw Refused(session, $"'{path}' tells of evaluation_interpolation '{other}'; known: bilinear, bicubic."),
        });

    private static int? Number(string path, InferenceSession session, string key) => !session.ModelMetadata.CustomMetadataMap.TryGetValue(key, out var text)
        ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Refused(session, $"'{path}' tells of {key} '{text}'; it must be a whole number.");

    private static InvalidDataException Refused(InferenceSession session, string message)
    {
        session.Dispose();
        return new InvalidDataException(message);
    }
}
