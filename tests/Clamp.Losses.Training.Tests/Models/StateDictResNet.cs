using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Clamp.Losses.Training.Tests;

/// <summary>torchvision's ResNet in evaluation mode, read off its source and computed from nothing but a state dict.</summary>
internal sealed class StateDictResNet(IReadOnlyDictionary<string, Tensor> weights, bool smallStem, int stemPadding = 1)
{
    public Tensor Encode(Tensor images)
    {
        var x = relu(Normalise(Convolve(images, "conv1", smallStem ? 1 : 2, smallStem ? stemPadding : 3), "bn1"));
        if (!smallStem)
            x = max_pool2d(x, [3, 3], strides: [2, 2], padding: [1, 1]);
        for (var layer = 1; Has($"layer{layer}.0.conv1"); layer++)
        {
            for (var block = 0; Has($"layer{layer}.{block}.conv1"); block++)
                x = Block(x, $"layer{layer}.{block}", stride: layer > 1 && block == 0 ? 2 : 1);
        }

        return x.mean([2, 3]);
    }

    private Tensor Block(Tensor x, string name, int stride)
    {
        var identity = Has($"{name}.downsample.0")
            ? Normalise(Convolve(x, $"{name}.downsample.0", stride, 0), $"{name}.downsample.1")
            : x;
        return relu((Has($"{name}.conv3") ? Bottleneck(x, name, stride) : Basic(x, name, stride)) + identity);
    }

    private Tensor Basic(Tensor x, string name, int stride)
    {
        x = relu(Normalise(Convolve(x, $"{name}.conv1", stride, 1), $"{name}.bn1"));
        return Normalise(Convolve(x, $"{name}.conv2", 1, 1), $"{name}.bn2");
    }

    private Tensor Bottleneck(Tensor x, string name, int stride)
    {
        x = relu(Normalise(Convolve(x, $"{name}.conv1", 1, 0), $"{name}.bn1"));
        x = relu(Normalise(Convolve(x, $"{name}.conv2", stride, 1), $"{name}.bn2"));
        return Normalise(Convolve(x, $"{name}.conv3", 1, 0), $"{name}.bn3");
    }

    private bool Has(string convolution) => weights.ContainsKey($"{convolution}.weight");

    private Tensor Convolve(Tensor x, string name, long stride, long padding) =>
        conv2d(x, weights[$"{name}.weight"], strides: [stride, stride], padding: [padding, padding]);

    private Tensor Normalise(Tensor x, string name)
    {
        Tensor Column(string statistic) => weights[$"{name}.{statistic}"].reshape(1, -1, 1, 1);
        return ((x - Column("running_mean")) / (Column("running_var") + 1e-5).sqrt() * Column("weight")) + Column("bias");
    }
}
