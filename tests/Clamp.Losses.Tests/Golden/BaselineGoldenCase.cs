using System.Globalization;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Golden;

/// <summary>Embeddings, parameters, and what the published implementation of another loss gives on them in float64.</summary>
internal sealed class BaselineGoldenCase(string name)
{
    private readonly SafetensorsFile _file = new(Path.Combine(AppContext.BaseDirectory, "Golden", "baselines", name + ".safetensors"));

    public Tensor Embeddings => _file.Tensor("embeddings");

    public double Loss => _file.Tensor("loss").item<double>();

    public Tensor Gradient => _file.Tensor("gradient");

    public double Number(string key) => double.Parse(_file.Metadata(key), CultureInfo.InvariantCulture);
}
