using System.Text.Json;

namespace Clamp.Losses.Training;

/// <summary>What a checkpoint says about itself, stored as JSON before the weights.</summary>
/// <param name="Step">The steps that are done.</param>
/// <param name="Epoch">The epoch of the next step, from 0.</param>
/// <param name="Batch">The batch of the next step within its epoch, from 0: the sampler's position.</param>
/// <param name="Images">The number of training images.</param>
/// <param name="Fingerprint">What tells them from others (<see cref="ImageSource.Fingerprint"/>).</param>
/// <param name="Options">What decides the run.</param>
internal sealed record CheckpointHeader(int Step, int Epoch, int Batch, int Images, string Fingerprint, JsonElement Options)
{
    /// <summary>Refuses to go on with other options or images: the result would be that of neither run.</summary>
    /// <param name="options">The options now.</param>
    /// <param name="earlier">What versions did that had no such settings yet.</param>
    /// <param name="images">The number of training images now.</param>
    /// <param name="fingerprint">Theirs.</param>
    /// <exception cref="ArgumentException">They differ; the message names the differences.</exception>
    public void ThrowIfNotOf(JsonElement options, Dictionary<string, object?> earlier, int images, string fingerprint)
    {
        var (before, now) = (Flat(Options).ToDictionary(), Flat(options).ToDictionary());
        foreach (var (key, value) in Flat(JsonSerializer.SerializeToElement(earlier, PretrainOptions.Json)))
        {
            before.TryAdd(key, value);
        }

        string Difference(string key) => $"{key} was {before.GetValueOrDefault(key, "not set")} and is {now.GetValueOrDefault(key, "not set")}";
        List<string> differences =
        [
            .. before.Keys.Union(now.Keys).Where(key => before.GetValueOrDefault(key) != now.GetValueOrDefault(key)).Select(Difference),
            .. images == Images ? Array.Empty<string>() : [$"the number of training images was {Images} and is {images}"],
            .. images != Images || fingerprint == Fingerprint ? Array.Empty<string>() : ["the training images are others, or in another order"],
        ];
        if (differences.Count > 0)
        {
            throw new InvalidOptionsException($"A run goes on with its own settings and images only: {string.Join("; ", differences)}.");
        }
    }

    /// <summary>The settings by key, such as Clamp:RadiusScale; a list is one value, its items with spaces between them.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Flat(JsonElement settings, string prefix = "") =>
        settings.EnumerateObject().SelectMany(setting => setting.Value.ValueKind switch
        {
            JsonValueKind.Object => Flat(setting.Value, $"{prefix}{setting.Name}:"),
            JsonValueKind.Array => [KeyValuePair.Create(prefix + setting.Name, string.Join(' ', setting.Value.EnumerateArray()))],
            _ => [KeyValuePair.Create(prefix + setting.Name, setting.Value.ToString())],
        });
}
