namespace Clamp.Losses.Training.Tests;

/// <summary>What <c>state_dict().keys()</c> of torchvision's networks lists, less fc.weight and fc.bias.</summary>
internal static class TorchvisionKeys
{
    /// <summary>As printed for <c>torchvision.models.resnet18()</c>.</summary>
    public static readonly string[] ResNet18 =
        """
        conv1.weight
        bn1.weight
        bn1.bias
        bn1.running_mean
        bn1.running_var
        bn1.num_batches_tracked
        layer1.0.conv1.weight
        layer1.0.bn1.weight
        layer1.0.bn1.bias
        layer1.0.bn1.running_mean
        layer1.0.bn1.running_var
        layer1.0.bn1.num_batches_tracked
        layer1.0.conv2.weight
        layer1.0.bn2.weight
        layer1.0.bn2.bias
        layer1.0.bn2.running_mean
        layer1.0.bn2.running_var
        layer1.0.bn2.num_batches_tracked
        layer1.1.conv1.weight
        layer1.1.bn1.weight
        layer1.1.bn1.bias
        layer1.1.bn1.running_mean
        layer1.1.bn1.running_var
        layer1.1.bn1.num_batches_tracked
        layer1.1.conv2.weight
        layer1.1.bn2.weight
        layer1.1.bn2.bias
        layer1.1.bn2.running_mean
        layer1.1.bn2.running_var
        layer1.1.bn2.num_batches_tracked
        layer2.0.conv1.weight
        layer2.0.bn1.weight
        layer2.0.bn1.bias
        layer2.0.bn1.running_mean
        layer2.0.bn1.running_var
        layer2.0.bn1.num_batches_tracked
        layer2.0.conv2.weight
        layer2.0.bn2.weight
        layer2.0.bn2.bias
        layer2.0.bn2.running_mean
        layer2.0.bn2.running_var
        layer2.0.bn2.num_batches_tracked
        layer2.0.downsample.0.weight
        layer2.0.downsample.1.weight
        layer2.0.downsample.1.bias
        layer2.0.downsample.1.running_mean
        layer2.0.downsample.1.running_var
        layer2.0.downsample.1.num_batches_tracked
        layer2.1.conv1.weight
        layer2.1.bn1.weight
        layer2.1.bn1.bias
        layer2.1.bn1.running_mean
        layer2.1.bn1.running_var
        layer2.1.bn1.num_batches_tracked
        layer2.1.conv2.weight
        layer2.1.bn2.weight
        layer2.1.bn2.bias
        layer2.1.bn2.running_mean
        layer2.1.bn2.running_var
        layer2.1.bn2.num_batches_tracked
        layer3.0.conv1.weight
        layer3.0.bn1.weight
        layer3.0.bn1.bias
        layer3.0.bn1.running_mean
        layer3.0.bn1.running_var
        layer3.0.bn1.num_batches_tracked
        layer3.0.conv2.weight
        layer3.0.bn2.weight
        layer3.0.bn2.bias
        layer3.0.bn2.running_mean
        layer3.0.bn2.running_var
        layer3.0.bn2.num_batches_tracked
        layer3.0.downsample.0.weight
        layer3.0.downsample.1.weight
        layer3.0.downsample.1.bias
        layer3.0.downsample.1.running_mean
        layer3.0.downsample.1.running_var
        layer3.0.downsample.1.num_batches_tracked
        layer3.1.conv1.weight
        layer3.1.bn1.weight
        layer3.1.bn1.bias
        layer3.1.bn1.running_mean
        layer3.1.bn1.running_var
        layer3.1.bn1.num_batches_tracked
        layer3.1.conv2.weight
        layer3.1.bn2.weight
        layer3.1.bn2.bias
        layer3.1.bn2.running_mean
        layer3.1.bn2.running_var
        layer3.1.bn2.num_batches_tracked
        layer4.0.conv1.weight
        layer4.0.bn1.weight
        layer4.0.bn1.bias
        layer4.0.bn1.running_mean
        layer4.0.bn1.running_var
        layer4.0.bn1.num_batches_tracked
        layer4.0.conv2.weight
        layer4.0.bn2.weight
        layer4.0.bn2.bias
        layer4.0.bn2.running_mean
        layer4.0.bn2.running_var
        layer4.0.bn2.num_batches_tracked
        layer4.0.downsample.0.weight
        layer4.0.downsample.1.weight
        layer4.0.downsample.1.bias
        layer4.0.downsample.1.running_mean
        layer4.0.downsample.1.running_var
        layer4.0.downsample.1.num_batches_tracked
        layer4.1.conv1.weight
        layer4.1.bn1.weight
        layer4.1.bn1.bias
        layer4.1.bn1.running_mean
        layer4.1.bn1.running_var
        layer4.1.bn1.num_batches_tracked
        layer4.1.conv2.weight
        layer4.1.bn2.weight
        layer4.1.bn2.bias
        layer4.1.bn2.running_mean
        layer4.1.bn2.running_var
        layer4.1.bn2.num_batches_tracked
        """.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The same pattern for other depths.</summary>
    /// <param name="depths">Blocks in each layer.</param>
    /// <param name="convolutions">Convolutions in a block: 2, or 3 in a bottleneck.</param>
    /// <param name="firstProjection">The first layer whose first block has a downsample: 2 for basic blocks, 1 for bottlenecks.</param>
    public static IEnumerable<string> Of(int[] depths, int convolutions, int firstProjection)
    {
        var blocks = depths.SelectMany((depth, layer) => Enumerable.Range(0, depth).Select(block => (Layer: layer + 1, Block: block)));
        return ConvolutionAndNorm("conv1", "bn1").Concat(blocks.SelectMany(at =>
        {
            var prefix = $"layer{at.Layer}.{at.Block}";
            var body = Enumerable.Range(1, convolutions).SelectMany(i => ConvolutionAndNorm($"{prefix}.conv{i}", $"{prefix}.bn{i}"));
            return at.Block == 0 && at.Layer >= firstProjection
                ? body.Concat(ConvolutionAndNorm($"{prefix}.downsample.0", $"{prefix}.downsample.1"))
                : body;
        }));
    }

    private static IEnumerable<string> ConvolutionAndNorm(string convolution, string norm) =>
    [
        $"{convolution}.weight", $"{norm}.weight", $"{norm}.bias", $"{norm}.running_mean", $"{norm}.running_var",
        $"{norm}.num_batches_tracked",
    ];
}
