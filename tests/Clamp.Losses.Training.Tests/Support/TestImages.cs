namespace Clamp.Losses.Training.Tests;

/// <summary>Small random images that are the same in every run.</summary>
internal static class TestImages
{
    public static torch.Tensor Bytes(int count, int height, int width, int seed = 0)
    {
        var random = new KeyedRandom(seed);
        var values = new byte[count * 3 * height * width];
        for (var i = 0; i < values.Length; i++)
            values[i] = (byte)random.NextInt(256);
        return torch.tensor(values, torch.ScalarType.Byte).reshape(count, 3, height, width);
    }

    public static torch.Tensor Floats(int count, int height, int width, int seed = 0)
    {
        using var bytes = Bytes(count, height, width, seed);
        return bytes.to(torch.ScalarType.Float32).div_(255);
    }

    public static long[] Samples(int count) => [.. Enumerable.Range(0, count).Select(i => (long)i)];
}
