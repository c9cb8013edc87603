using System.Globalization;
using System.Reflection;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Encoders as safetensors files with torchvision's names, batch-norm statistics included. torchvision's network loads one with
/// <c>strict=True</c> once its classifier is gone, <c>model.fc = torch.nn.Identity()</c>, and its stem is the encoder's.
/// </summary>
public static class EncoderFile
{
    private const int FaultsTold = 5;
    private const int ImageNetKernel = 7;
    private const string Stem = "conv1.weight";
    private const string StemPadding = "stem_padding";
    private const string ImageSize = "image_size";
    private const string Dataset = "dataset";
    private const string Mean = "mean";
    private const string StandardDeviation = "standard_deviation";
    private const string EvaluationResize = "evaluation_resize";
    private const string EvaluationInterpolation = "evaluation_interpolation";
    private static readonly string[] Classifier = ["fc.weight", "fc.bias"];

    /// <summary>Writes an encoder, and in the metadata how to rebuild it and what images it expects.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoder">The encoder.</param>
    /// <param name="options">The options of the run it comes from.</param>
    /// <exception cref="IOException">The file cannot be written; what was there is kept.</exception>
    public static void Write(string path, ResNet encoder, RunOptions options)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        SafetensorsFile.Write(path, encoder.state_dict(), new Dictionary<string, string>(Metadata(options))
        {
            ["format"] = "pt",
            ["features"] = Text(encoder.FeatureWidth),
        });
    }

    /// <summary>Reads an encoder that this class or PyTorch wrote. A torchvision classifier, <c>fc</c>, is passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">The architecture, which the file must match name by name and shape by shape.</param>
    /// <param name="stemPadding">The small stem's padding, 1 or 2; null for the one in the metadata, or 1.</param>
    /// <param name="imageSize">The side of the images; null for the one in the metadata, or 224 with ImageNet's stem and 32 with the small one.</param>
    /// <returns>
    /// The encoder, which the caller owns, its options, and whether a classifier was passed over. Where the metadata do not tell the data
    /// set, it is <see cref="DatasetKind.Unknown"/>, and where they do not tell the normalisation, it is the default one.
    /// </returns>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or its tensors are not the architecture's: the message names the one that they are, or lists every missing,
    /// unexpected or unfit tensor.
    /// </exception>
    public static (ResNet Encoder, RunOptions Options, bool HasClassifier) Read(
        string path, EncoderKind kind, int? stemPadding = null, int? imageSize = null)
    {
        using var file = SafetensorsFile.Read(path);
        var smallStem = !(file.Tensors.TryGetValue(Stem, out var stem) && stem.shape is [.., ImageNetKernel, ImageNetKernel]);
        var options = new RunOptions
        {
            Encoder = kind,
            Dataset = file.Metadata.TryGetValue(Dataset, out var name) && Enum.TryParse<DatasetKind>(name, out var dataset)
                ? dataset
                : DatasetKind.Unknown,
            SmallStem = smallStem,
            StemPadding = smallStem ? stemPadding ?? Number(file, StemPadding) ?? 1 : 1,
            ImageSize = imageSize ?? Number(file, ImageSize) ?? (smallStem ? new RunOptions().ImageSize : 224),
            Normalisation = NormalisationOf(file),
            EvaluationResize = imageSize is null ? Number(file, EvaluationResize) ?? 0 : 0,
            EvaluationInterpolation = InterpolationOf(file),
        };
        (options with { DataRoot = "." }).Validate();
        var encoder = Encoders.Create(kind, options.SmallStem, options.StemPadding);
        if (Faults(encoder, file.Tensors) is { Count: > 0 } faults)
        {
            encoder.Dispose();
            throw new InvalidDataException(Held(file, options) is { } other
                ? $"'{path}' holds a {other}, not a {kind}."
                : $"'{path}' does not hold a {kind}:{Environment.NewLine}{string.Join(Environment.NewLine, faults.Select(fault => $"  {fault}"))}");
        }

        Fill(encoder, file.Tensors);
        return (encoder, options, Classifier.Any(file.Tensors.ContainsKey));
    }

    /// <summary>Fills an encoder from a file, as <see cref="InitialWeights.Load"/> says.</summary>
    internal static InitialWeights Fill(string path, ResNet encoder)
    {
        using var file = SafetensorsFile.Read(path);
        if (Faults(encoder, file.Tensors) is { Count: > 0 } faults)
        {
            var more = faults.Count > FaultsTold ? $"; and {faults.Count - FaultsTold} more" : "";
            throw new InvalidDataException(
                $"'{path}' does not fit a {encoder.GetName()} of this stem: {string.Join("; ", faults.Take(FaultsTold))}{more}."
                + (file.Tensors.TryGetValue(Stem, out var given) && given.dim() == 4 ? StemAdvice(encoder, given.shape[^1] < ImageNetKernel) : ""));
        }

        Fill(encoder, file.Tensors);
        return new InitialWeights(
            Path.GetFileName(path),
            InitialWeights.HashOf(path),
            [.. Classifier.Where(file.Tensors.ContainsKey)],
            file.Metadata.ContainsKey(Mean) || file.Metadata.ContainsKey(StandardDeviation) ? NormalisationOf(file) : null);
    }

    /// <summary>A sentence about weights of the other stem than the encoder's; empty where it is the encoder's.</summary>
    internal static string StemAdvice(ResNet encoder, bool isSmall) => isSmall == encoder.state_dict()[Stem].shape[^1] < ImageNetKernel
        ? ""
        : $" The weights are those of {(isSmall ? "the small stem: --set SmallStem=true" : "ImageNet's stem: --set SmallStem=false")}.";

    /// <summary>What is to know of an encoder wherever it is written.</summary>
    internal static Dictionary<string, string> Metadata(PretrainOptions options)
    {
        var metadata = new Dictionary<string, string>
        {
            ["producer"] = $"Clamp.Losses {Version()}",
            ["normalisation"] = "(pixel / 255 - mean) / standard_deviation, in every channel",
            [Mean] = Normalisation.Text(options.Normalisation.Mean),
            [StandardDeviation] = Normalisation.Text(options.Normalisation.StandardDeviation),
        };
        if (options is not RunOptions run)
        {
            return metadata;
        }

        metadata["architecture"] = run.Encoder.ToString().ToLowerInvariant();
        metadata["stem"] = run.SmallStem ? "small: conv1 3x3, stride 1; no maxpool" : "imagenet";
        metadata[Dataset] = run.Dataset.ToString();
        metadata[EvaluationInterpolation] = run.EvaluationInterpolation.ToString().ToLowerInvariant();
        if (run.SmallStem)
        {
            metadata[StemPadding] = Text(run.StemPadding);
        }

        // Other data sets have a size of their own.
        if (run.Dataset is DatasetKind.Shapes or DatasetKind.ImageFolder)
        {
            metadata[ImageSize] = Text(run.ImageSize);
        }

        if (run.EvaluationResize > 0)
        {
            metadata[EvaluationResize] = Text(run.EvaluationResize);
        }

        return metadata;
    }

    /// <summary>The architecture that the tensors are of, or null.</summary>
    private static EncoderKind? Held(SafetensorsFile file, RunOptions options)
    {
        foreach (var kind in Enum.GetValues<EncoderKind>())
        {
            using var encoder = Encoders.Create(kind, options.SmallStem, options.StemPadding);
            if (Faults(encoder, file.Tensors).Count == 0)
            {
                return kind;
            }
        }

        return null;
    }

    private static List<string> Faults(ResNet encoder, IReadOnlyDictionary<string, Tensor> given)
    {
        var expected = encoder.state_dict();
        return
        [
            .. expected.Keys.Except(given.Keys).Where(name => !IsCounter(name)).Select(name => $"{name} is missing")
                .Concat(given.Keys.Except(expected.Keys).Except(Classifier).Select(name => $"{name} is unexpected"))
                .Concat(given.Keys.Intersect(expected.Keys).Select(name => Fault(name, given[name], expected[name])).OfType<string>())
                .Order(StringComparer.Ordinal),
        ];
    }

    private static void Fill(ResNet encoder, IReadOnlyDictionary<string, Tensor> given)
    {
        using var unrecorded = no_grad();
        foreach (var (name, value) in encoder.state_dict())
        {
            if (given.TryGetValue(name, out var weights))
            {
                value.copy_(weights);
            }
            else
            {
                value.zero_();
            }
        }
    }

    // Files from before torch 0.4.1, torchvision's first ResNets among them, have none, and torch reads them all the same.
    private static bool IsCounter(string name) => name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    private static string? Fault(string name, Tensor given, Tensor expected)
    {
        using var scope = NewDisposeScope();
        if (!given.shape.SequenceEqual(expected.shape))
        {
            return $"{name} has shape [{string.Join(", ", given.shape)}]; it must be [{string.Join(", ", expected.shape)}]";
        }

        if (given.is_floating_point() != expected.is_floating_point())
        {
            return $"{name} is of type {given.dtype}; it must be {expected.dtype}, or of its kind";
        }

        return given.isfinite().all().item<bool>() ? null : $"{name} has values that are NaN or infinite";
    }

    private static int? Number(SafetensorsFile file, string key) => file.Metadata.TryGetValue(key, out var text)
        ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"The metadata's {key} is '{text}'; it must be a whole number.")
        : null;

    private static Normalisation NormalisationOf(SafetensorsFile file) => new()
    {
        Mean = Channels(file, Mean) ?? new Normalisation().Mean,
        StandardDeviation = Channels(file, StandardDeviation) ?? new Normalisation().StandardDeviation,
    };

    /// <summary>One number is that of every channel.</summary>
    private static double[]? Channels(SafetensorsFile file, string key)
    {
        if (!file.Metadata.TryGetValue(key, out var text))
        {
            return null;
        }

        var numbers = text.Split(',').Select(item => double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"The metadata's {key} is '{text}'; it must be a number, or three with commas between them.")).ToArray();
        return numbers.Length == 1 ? [numbers[0], numbers[0], numbers[0]] : numbers;
    }

    private static Interpolation InterpolationOf(SafetensorsFile file) => file.Metadata.GetValueOrDefault(EvaluationInterpolation) switch
    {
        null or "bilinear" => Interpolation.Bilinear,
        "bicubic" => Interpolation.Bicubic,
        var other => throw new InvalidDataException($"The metadata's {EvaluationInterpolation} is '{other}'; it must be bilinear or bicubic."),
    };

    internal static string Version() =>
        typeof(ClampLoss).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
