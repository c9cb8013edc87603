using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>Products of bfloat16 parts, by the emulated kernel and a cuBLAS of plain loops.</summary>
public sealed unsafe class SplitProductTests : IDisposable
{
    private const ushort Untouched = 0x1234;

    private readonly EmulatedDriver _driver = new(ScalarType.Float32);
    private readonly FakeNvrtc _nvrtc = new();
    private readonly FakeCublas _cublas = new();
    private readonly CudaDevice _device;

    public SplitProductTests() => _device = new CudaDevice(
        new CudaDriver(_driver.File), new KernelCompiler(new Nvrtc(_nvrtc.File), new KernelCache(null)), () => _cublas.File, 0);

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
        _nvrtc.Dispose();
        _cublas.Dispose();
    }

    [SkippableFact]
    public void Parts_OfAnyNumber_AddUpToItExactly()
    {
        var random = new Random(1);
        var numbers = Array.ConvertAll(
            new float[1003], _ => BitConverter.UInt32BitsToSingle((uint)random.Next(17 << 23, 254 << 23) | (uint)random.Next(2) << 31));
        (numbers[0], numbers[1], numbers[2], numbers[3]) = (0f, -1f, 3.38e38f, -BitConverter.UInt32BitsToSingle(17 << 23));

        Sums(numbers).Should().Equal(numbers.Select(number => (double)number));
    }

    [SkippableFact]
    public void Parts_OfTinyNumbers_AddUpToTheLeastBFloat16Number()
    {
        var numbers = new[] { 1.1e-38f, -3e-39f, float.Epsilon, 1e-45f, 9.2e-41f };

        var errors = Sums(numbers).Zip(numbers, (sum, number) => Math.Abs(sum - number));

        errors.Should().AllSatisfy(error => error.Should().BeLessThanOrEqualTo(Math.ScaleB(1, -134)));
    }

    [SkippableTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.MaxValue)]
    public void Parts_BeyondBFloat16_AddUpToNaN(float number) => Sums([number]).Should().Equal(double.NaN);

    [SkippableTheory]
    [InlineData(5, 3)]
    [InlineData(4, 8)]
    [InlineData(20, 140)]
    public void Parts_OfASlice_LieWhereTheyShould(int rows, int columns)
    {
        var stride = columns + 3;
        var source = Array.ConvertAll(new float[rows * stride], _ => 1.2345678f);
        var parts = Enumerable.Repeat(Untouched, rows * (3 * columns + 1)).ToArray();

        Split(source, stride, rows, columns, parts, partStride: 3 * columns + 1, step: columns);

        for (int row = 0; row < rows; row++)
        {
            var ofRow = parts.AsSpan(row * (3 * columns + 1), 3 * columns + 1).ToArray();
            ofRow[..columns].Should().AllSatisfy(part => Number(part).Should().Be(1.234375));
            ofRow[columns..^1].Should().AllSatisfy(part => Math.Abs(Number(part)).Should().BeLessThan(1e-3));
            ofRow[^1].Should().Be(Untouched);
        }
    }

    [SkippableTheory]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    public void Multiply_AnyStridesAndTranspositions_IsTheProductToFloat32(bool leftTransposed, bool rightTransposed, bool accumulate)
    {
        const int Rows = 6, Inner = SplitProduct.MostSummed + 600, Columns = 9, Stride = Inner + 5;
        var (left, right) = (Numbers(Inner * Stride, 1), Numbers(Inner * Stride, 2));
        var result = Numbers(Rows * Stride, 3);
        var expected = Array.ConvertAll(result, number => (double)number);
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Columns; j++)
            {
                expected[i * Stride + j] = accumulate ? expected[i * Stride + j] : 0;
                for (int k = 0; k < Inner; k++)
                {
                    expected[i * Stride + j] +=
                        (double)left[leftTransposed ? k * Stride + i : i * Stride + k] * right[rightTransposed ? j * Stride + k : k * Stride + j];
                }
            }
        }

        fixed (float* a = left, b = right, c = result)
        {
            Multiply(
                new Matrix(a, Rows, Inner, Stride, leftTransposed), new Matrix(b, Inner, Columns, Stride, rightTransposed),
                new Matrix(c, Rows, Columns, Stride), accumulate);
        }

        // Numbers are below 1, so that a product is some 13 in size, of terms whose sum of magnitudes is 400.
        result.Zip(expected, (actual, exact) => Math.Abs(actual - exact)).Max().Should().BeLessThan(3e-5);
    }

    [SkippableTheory]
    [InlineData(1, 3)]
    [InlineData(512, 3)]
    [InlineData(513, 4)]
    [InlineData(1024, 4)]
    [InlineData(1500, 7)]
    public void Multiply_CutsLongSums(int summed, int products)
    {
        var (left, right, result) = (Numbers(summed, 1), Numbers(summed, 2), 0f);

        fixed (float* a = left, b = right)
        {
            Multiply(new Matrix(a, 1, summed, summed), new Matrix(b, summed, 1, 1), new Matrix(&result, 1, 1, 1), accumulate: false);
        }

        _cublas.SplitProducts.Should().Be(products);
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return Array.ConvertAll(new float[count], _ => 2 * random.NextSingle() - 1);
    }

    private static double Number(ushort part) => BitConverter.UInt32BitsToSingle((uint)part << 16);

    private double[] Sums(float[] numbers)
    {
        var parts = new ushort[3 * numbers.Length];
        Split(numbers, numbers.Length, 1, numbers.Length, parts, numbers.Length, numbers.Length);
        return [.. numbers.Select((_, i) => Number(parts[i]) + Number(parts[numbers.Length + i]) + Number(parts[2 * numbers.Length + i]))];
    }

    private void Split(float[] source, int stride, int rows, int columns, ushort[] parts, long partStride, long step)
    {
        fixed (float* from = source)
        fixed (ushort* to = parts)
        {
            _device.Launch(
                _device.Split.SplitMatrix, ((columns + 127) / 128, 2), (32, 8), from, (long)stride, rows, columns, to, partStride, step);
        }
    }

    private void Multiply(Matrix left, Matrix right, Matrix result, bool accumulate)
    {
        var size = SplitProduct.Parts * SplitProduct.MostSummed;
        fixed (ushort* leftParts = new ushort[size * left.Rows], rightParts = new ushort[size * right.Columns])
        {
            new SplitProduct(_device, _device.Product, leftParts, rightParts).Multiply(left, right, result, accumulate);
        }
    }
}
