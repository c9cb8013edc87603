using Microsoft.Extensions.AI;

namespace Clamp.Losses;

/// <summary>An encoder as a generator of Microsoft.Extensions.AI. Its source is in both packages that have one.</summary>
internal static class EmbeddingGeneration
{
    private const string Provider = "clamp.losses";

    public static EmbeddingGeneratorMetadata Metadata(ImageEncoder encoder, string? model) => new(Provider, null, model, encoder.FeatureWidth);

    public static Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        ImageEncoder encoder, string? model, IEnumerable<DataContent> values, EmbeddingGenerationOptions? options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } width && width != encoder.FeatureWidth)
        {
            throw new ArgumentException($"Dimensions is {width}; allowed: {encoder.FeatureWidth}, or none.", nameof(options));
        }

        return Task.Run(
            () =>
            {
                var streams = values.Select(value => new MemoryStream(value.Data.ToArray(), writable: false)).ToList();
                return new GeneratedEmbeddings<Embedding<float>>(encoder.EmbedStreams(streams, stop).Select(
                    features => new Embedding<float>(features) { CreatedAt = DateTimeOffset.UtcNow, ModelId = model }));
            },
            stop);
    }

    public static object? Service(object generator, EmbeddingGeneratorMetadata metadata, Type type, object? key)
    {
        ArgumentNullException.ThrowIfNull(type);
        return key is not null ? null : type.IsInstanceOfType(generator) ? generator : type.IsInstanceOfType(metadata) ? metadata : null;
    }
}
