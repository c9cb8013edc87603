using Clamp.Losses.Training.Onnx;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Writes the layers of a network into an ONNX graph as they compute in eval mode, each batch norm folded into its convolution.</summary>
/// <param name="graph">The graph.</param>
internal sealed class OnnxNetwork(OnnxGraph graph)
{
    private const int ImageNetKernel = 7;

    private const string Exportable =
        "a ResNet, a ProjectionHead, a residual block, or a Sequential of these and of Conv2d (padded by a given number of zeros), a batch norm right after one, "
        + "ReLU, MaxPool2d, AdaptiveAvgPool2d(1), Flatten() after that, Linear after that, Dropout and Identity";

    /// <summary>Adds a network.</summary>
    /// <param name="name">What the names of its nodes and weights begin with, before those of its state dict.</param>
    /// <param name="network">The network.</param>
    /// <param name="input">What it is shown.</param>
    /// <returns>What it makes of that.</returns>
    /// <exception cref="NotSupportedException">A part of it cannot be exported; the message names it, and what can.</exception>
    /// <exception cref="TrainingDivergedException">A weight is NaN or infinite, or beyond what its type holds.</exception>
    public OnnxValue Add(string name, nn.Module network, OnnxValue input) => (network, input.Shape) switch
    {
        (ResNet resNet, OnnxShape.Map) => Encoder(name, resNet, input),
        (BasicBlock or Bottleneck, OnnxShape.Map) => Block(name, network, input),
        (ProjectionHead head, OnnxShape.Vector) => Add($"{name}.layers", Child(head, "layers"), input),

        // A class derived from it may compute anything; torch's other layers are sealed.
        (Sequential layers, _) when layers.GetType() == typeof(Sequential) => Sequence(name, layers, input),
        (Conv2d convolution, OnnxShape.Map) => Convolve(name, convolution, null, input),
        (Linear linear, OnnxShape.Vector) => Connect(name, linear, input),
        (ReLU, _) => Activate(name, input),
        (MaxPool2d pool, OnnxShape.Map) => Pool(name, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode, input),
        (AdaptiveAvgPool2d { output_size: [1] or [1, 1] }, OnnxShape.Map) => Average(name, input),
        (Flatten { start_dim: 1, end_dim: -1 }, OnnxShape.Point) => Flatten(name, input),
        (Dropout or Identity, _) => input,
        _ => throw Unsupported(name, network),
    };

    private static NotSupportedException Unsupported(string name, nn.Module network) =>
        new($"'{name}', of type {network.GetType().Name}, cannot be exported to ONNX here. What can: {Exportable}.");

    private static nn.Module Child(nn.Module network, string name) => network.named_children().Single(child => child.name == name).module;

    private static bool IsNorm(nn.Module module) => module is BatchNorm2d or SyncBatchNorm;

    private OnnxValue Encoder(string name, ResNet network, OnnxValue input)
    {
        var stem = (Conv2d)Child(network, "conv1");
        var x = Activate($"{name}.relu", Convolve($"{name}.conv1", stem, Child(network, "bn1"), input));
        if (stem.kernel_size[0] == ImageNetKernel)
        {
            x = Pool($"{name}.maxpool", [3, 3], [2, 2], [1, 1], [1, 1], isCeiled: false, x);
        }

        foreach (var (stage, layers) in network.named_children().Where(child => child.module is Sequential))
        {
            x = Add($"{name}.{stage}", layers, x);
        }

        return Flatten($"{name}.flatten", Average($"{name}.avgpool", x));
    }

    private OnnxValue Block(string name, nn.Module block, OnnxValue input)
    {
        var children = block.named_children().ToDictionary(child => child.name, child => child.module);
        var residual = input;
        for (var i = 1; children.TryGetValue($"conv{i}", out var convolution); i++)
        {
            residual = i == 1 ? residual : Activate($"{name}.relu{i - 1}", residual);
            residual = Convolve($"{name}.conv{i}", (Conv2d)convolution, children[$"bn{i}"], residual);
        }

        var shortcut = children.TryGetValue("downsample", out var downsample) ? Add($"{name}.downsample", downsample, input) : input;
        return Activate($"{name}.relu", graph.Add($"{name}.add", "Add", residual, [graph.Computed(shortcut).Name]));
    }

    private OnnxValue Sequence(string name, Sequential layers, OnnxValue input)
    {
        var children = layers.named_children().ToList();
        var x = input;
        for (var i = 0; i < children.Count; i++)
        {
            var (part, layer) = children[i];
            if (layer is Conv2d convolution && i + 1 < children.Count && IsNorm(children[i + 1].module))
            {
                x = Convolve($"{name}.{part}", convolution, children[++i].module, x);
            }
            else
            {
                x = Add($"{name}.{part}", layer, x);
            }
        }

        return x;
    }

    private OnnxValue Convolve(string name, Conv2d convolution, nn.Module? norm, OnnxValue input)
    {
        if (convolution.padding_type is not null || convolution.padding_mode != PaddingModes.Zeros || convolution.transposed)
        {
            throw Unsupported(name, convolution);
        }

        using var scope = NewDisposeScope();
        var (weight, bias) = FoldedConvolution.Of(convolution, norm);
        var (kernel, pads) = (weight.shape[2..], convolution.padding!);
        string[] inputs = [graph.Weight($"{name}.weight", weight), .. bias is null ? [] : new[] { graph.Weight($"{name}.bias", bias) }];
        AttributeProto[] attributes =
        [
            OnnxGraph.Attribute("kernel_shape", kernel),
            OnnxGraph.Attribute("strides", convolution.stride),
            OnnxGraph.Attribute("pads", [.. pads, .. pads]),
            OnnxGraph.Attribute("dilations", convolution.dilation),
            OnnxGraph.Attribute("group", convolution.groups),
        ];
        return graph.Add(name, "Conv", graph.Computed(input), inputs, attributes) with { Width = weight.shape[0] };
    }

    private OnnxValue Connect(string name, Linear linear, OnnxValue input)
    {
        string[] inputs =
        [
            graph.Weight($"{name}.weight", linear.weight), .. linear.bias is null ? [] : new[] { graph.Weight($"{name}.bias", linear.bias) },
        ];
        return graph.Add(name, "Gemm", graph.Computed(input), inputs, [OnnxGraph.Attribute("transB", 1)]) with { Width = linear.out_features };
    }

    private OnnxValue Activate(string name, OnnxValue input) => graph.Add(name, "Relu", input);

    private OnnxValue Pool(string name, long[] kernel, long[]? stride, long[]? padding, long[]? dilation, bool isCeiled, OnnxValue input)
    {
        var pads = Both(padding ?? [0]);
        return graph.Add(
            name,
            "MaxPool",
            input,
            attributes:
            [
                OnnxGraph.Attribute("kernel_shape", Both(kernel)),
                OnnxGraph.Attribute("strides", Both(stride ?? kernel)),
                OnnxGraph.Attribute("pads", [.. pads, .. pads]),
                OnnxGraph.Attribute("dilations", Both(dilation ?? [1])),
                OnnxGraph.Attribute("ceil_mode", isCeiled ? 1 : 0),
            ]);
    }

    private static long[] Both(long[] sizes) => sizes.Length == 1 ? [sizes[0], sizes[0]] : sizes;

    private OnnxValue Average(string name, OnnxValue input) =>
        graph.Add(name, "GlobalAveragePool", graph.Exact(input)) with { Shape = OnnxShape.Point };

    private OnnxValue Flatten(string name, OnnxValue input) =>
        graph.Add(name, "Flatten", input, attributes: [OnnxGraph.Attribute("axis", 1)]) with { Shape = OnnxShape.Vector };
}
