using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>
/// The multi-layer perceptron between encoder and loss: linear layers with ReLU between them and none after the last. It is thrown away
/// after pre-training. Its weights are called <c>layers.0.weight</c>, <c>layers.2.weight</c> and so on, for a ReLU takes a number too.
/// </summary>
public sealed class ProjectionHead : Module<Tensor, Tensor>
{
    [ComponentName(Name = "layers")]
    private readonly Sequential _layers;

    /// <summary>Creates the head with PyTorch's default initialisation.</summary>
    /// <param name="inputWidth">The encoder's feature width, at least 1.</param>
    /// <param name="widths">The output width of each linear layer, each at least 1; at least one of them.</param>
    /// <exception cref="ArgumentException"><paramref name="widths"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A width is below 1.</exception>
    public ProjectionHead(int inputWidth, IReadOnlyList<int> widths)
        : base(nameof(ProjectionHead))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputWidth, 1);
        ArgumentNullException.ThrowIfNull(widths);
        if (widths.Count == 0)
            throw new ArgumentException("0 layer widths given; allowed: at least 1.", nameof(widths));
        foreach (var width in widths)
            ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, nameof(widths));

        OutputWidth = widths[^1];
        _layers = Sequential(Layers(inputWidth, widths));
        RegisterComponents();
    }

    /// <summary>The width of the embeddings.</summary>
    public int OutputWidth { get; }

    /// <summary>Projects features to embeddings.</summary>
    /// <param name="features">[N, inputWidth].</param>
    /// <returns>[N, <see cref="OutputWidth"/>].</returns>
    public override Tensor forward(Tensor features) => _layers.call(features);

    private static List<Module<Tensor, Tensor>> Layers(int inputWidth, IReadOnlyList<int> widths)
    {
        var layers = new List<Module<Tensor, Tensor>> { Linear(inputWidth, widths[0]) };
        for (var i = 1; i < widths.Count; i++)
        {
            layers.Add(ReLU());
            layers.Add(Linear(widths[i - 1], widths[i]));
        }

        return layers;
    }
}
