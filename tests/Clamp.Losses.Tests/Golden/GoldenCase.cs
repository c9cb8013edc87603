using System.Globalization;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Golden;

/// <summary>Embeddings, hyper-parameters, and what the paper's reference implementation gives on them in float64.</summary>
internal sealed class GoldenCase
{
    private readonly SafetensorsFile _file;

    private GoldenCase(SafetensorsFile file) => _file = file;

    public static IEnumerable<string> Names =>
        Directory.GetFiles(Folder, "*.safetensors").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    public Tensor Embeddings => _file.Tensor("embeddings");

    public double Loss => _file.Tensor("loss").item<double>();

    public Tensor Gradient => _file.Tensor("gradient");

    public Tensor Centroids => _file.Tensor("centroids");

    public Tensor Radii => _file.Tensor("radii");

    public int ContactCount => int.Parse(_file.Metadata("contacts"), CultureInfo.InvariantCulture);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden", "clamp");

    public static GoldenCase Named(string name) => new(new SafetensorsFile(Path.Combine(Folder, name + ".safetensors")));

    public ClampLossOptions Options(ClampBackend backend) => new()
    {
        RadiusScale = Number("radius_scale"),
        PotentialExponent = Number("potential_exponent"),
        RepulsionWeight = Number("repulsion_weight"),
        SizeWeight = Number("size_weight"),
        MinSeparation = Number("min_separation"),
        MaxContactDistance = Number("max_contact_distance"),
        Backend = backend,
    };

    private double Number(string key) => double.Parse(_file.Metadata(key), CultureInfo.InvariantCulture);
}
