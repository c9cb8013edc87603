namespace Clamp.Losses.Training.Tests;

internal static class TensorExtensions
{
    public static float[] Values(this torch.Tensor tensor) => tensor.contiguous().data<float>().ToArray();

    public static double LargestDifference(this torch.Tensor tensor, torch.Tensor other)
    {
        tensor.shape.Should().Equal(other.shape);
        return tensor.sub(other).abs().max().ToDouble();
    }

    /// <summary>Applies a plain-C# function to every pixel's (red, green, blue).</summary>
    public static torch.Tensor MapPixels(this torch.Tensor images, Func<int, float[], double[]> pixel)
    {
        var (count, height, width) = ((int)images.shape[0], (int)images.shape[2], (int)images.shape[3]);
        var plane = height * width;
        var input = images.Values();
        var output = new float[input.Length];
        for (var n = 0; n < count; n++)
        {
            for (var i = 0; i < plane; i++)
            {
                int At(int channel) => (((n * 3) + channel) * plane) + i;
                var mapped = pixel(n, [input[At(0)], input[At(1)], input[At(2)]]);
                for (var channel = 0; channel < 3; channel++)
                    output[At(channel)] = (float)mapped[channel];
            }
        }

        return torch.tensor(output, torch.ScalarType.Float32).reshape(images.shape);
    }
}
