using System.Globalization;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// How pixels become what an encoder sees, in training and evaluation alike: of values from 0 to 1 each colour channel's mean is
/// subtracted, and the rest divided by its deviation. The defaults suit any images.
/// </summary>
public sealed record Normalisation
{
    private const int Channels = 3;
    private const double LeastDeviation = 1e-3;
    private const double MostDeviation = 10;

    /// <summary>The normalisations that have names: <c>half</c>, the defaults, and the statistics of data sets.</summary>
    public static IReadOnlyDictionary<string, Normalisation> Named { get; } = new Dictionary<string, Normalisation>
    {
        ["half"] = new(),
        ["shapes"] = Of([0.378, 0.378, 0.378], [0.234, 0.234, 0.234]),
        ["cifar10"] = Of([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
        ["cifar100"] = Of([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762]),
        ["mnist"] = Of([0.1307, 0.1307, 0.1307], [0.3081, 0.3081, 0.3081]),
        ["fashion-mnist"] = Of([0.2860, 0.2860, 0.2860], [0.3530, 0.3530, 0.3530]),
        ["imagenet"] = Of([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    };

    /// <summary>What is subtracted from red, green and blue; each from 0 to 1.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.5, 0.5, 0.5];

    /// <summary>What red, green and blue are divided by after that; each from 0.001 to 10.</summary>
    public IReadOnlyList<double> StandardDeviation { get; init; } = [0.25, 0.25, 0.25];

    /// <summary>What evaluation sees: images as they are, normalised.</summary>
    /// <param name="images">[B, 3, H, W], uint8, any device, B &gt;= 1.</param>
    /// <returns>[B, 3, H, W], float32, on the images' device: the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">The images' shape or type is another.</exception>
    public Tensor Apply(Tensor images)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return ApplyTo(Values(images, nameof(images))).MoveToOuterDisposeScope();
    }

    /// <summary>Brings normalised images back, to look at them.</summary>
    /// <param name="images">[..., 3, H, W], floating point.</param>
    /// <returns>The same shape, uint8, rounded, and cut off at 0 and 255; on the images' device: the caller's to dispose.</returns>
    public Tensor Invert(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var values = images.mul(OfChannels(StandardDeviation, images.device)).add(OfChannels(Mean, images.device), KeptScalars.One);
        return values.mul(KeptScalars.Of((double)byte.MaxValue)).round()
            .clamp(KeptScalars.Of(0.0), KeptScalars.Of((double)byte.MaxValue)).to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>Whether both make the same of every image.</summary>
    /// <param name="other">The other.</param>
    public bool Equals(Normalisation? other) =>
        other is not null && Mean.SequenceEqual(other.Mean) && StandardDeviation.SequenceEqual(other.StandardDeviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mean[0], StandardDeviation[0]);

    /// <inheritdoc/>
    public override string ToString() => $"mean {Text(Mean)} and deviation {Text(StandardDeviation)}";

    /// <summary>The numbers of red, green and blue with commas between them, or the one of all three.</summary>
    internal static string Text(IReadOnlyList<double> channels) => Every(channels.Distinct().Count() == 1 ? [channels[0]] : channels);

    /// <summary>Bytes as values from 0 to 1, a new tensor.</summary>
    internal static Tensor Values(Tensor images, string parameter)
    {
        ArgumentNullException.ThrowIfNull(images, parameter);
        if (images.dtype != ScalarType.Byte)
            throw new ArgumentException($"Images of type {images.dtype} given; allowed: {ScalarType.Byte}.", parameter);

        var shape = images.shape;
        return shape.Length == 4 && shape[1] == Channels && !shape.Contains(0)
            ? images.to(ScalarType.Float32).div_(KeptScalars.Of(byte.MaxValue))
            : throw new ArgumentException($"Images of shape [{string.Join(", ", shape)}] given; allowed: [B, 3, H, W], none 0.", parameter);
    }

    /// <summary>Normalises values from 0 to 1, [..., 3, H, W], in place.</summary>
    internal Tensor ApplyTo(Tensor values)
    {
        using var mean = OfChannels(Mean, values.device);
        using var deviation = OfChannels(StandardDeviation, values.device);
        return values.sub_(mean).div_(deviation);
    }

    internal IEnumerable<string> Faults() => OptionRules.Faults(
        (!Are(Mean, 0, 1), nameof(Mean), Every(Mean), "three numbers from 0 to 1, of red, green and blue"),
        (
            !Are(StandardDeviation, LeastDeviation, MostDeviation),
            nameof(StandardDeviation),
            Every(StandardDeviation),
            $"three numbers from {LeastDeviation} to {MostDeviation}, of red, green and blue"));

    /// <summary>Throws when a value cannot be used, listing every one.</summary>
    /// <exception cref="InvalidOptionsException">Values are out of range.</exception>
    public void Validate() => OptionRules.Refuse(Faults());

    private static string Every(IEnumerable<double> channels) =>
        string.Join(',', channels.Select(channel => channel.ToString(CultureInfo.InvariantCulture)));

    private static Normalisation Of(double[] mean, double[] deviation) =>
        new() { Mean = Array.AsReadOnly(mean), StandardDeviation = Array.AsReadOnly(deviation) };

    private static bool Are(IReadOnlyList<double> channels, double least, double most) =>
        channels.Count == Channels && channels.All(channel => channel >= least && channel <= most);

    internal static Tensor OfChannels(IReadOnlyList<double> channels, Device device) =>
        tensor(channels.Select(channel => (float)channel).ToArray(), [Channels, 1, 1], ScalarType.Float32, device);
}
