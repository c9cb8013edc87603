using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda;

public sealed unsafe class CublasProductTests : IDisposable
{
    private const nint Context = 4242;

    private readonly FakeDriver _driver = new();
    private readonly FakeCublas _cublas = new();

    public void Dispose()
    {
        _driver.Dispose();
        _cublas.Dispose();
    }

    [SkippableTheory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    public void Multiply_AnyStridesAndTranspositions_IsTheProduct(bool leftTransposed, bool rightTransposed, bool accumulate)
    {
        const int Rows = 3, Inner = 5, Columns = 4, Stride = 7, Outside = 1000;
        var (left, right, result) = (Numbers(5 * Stride, 1), Numbers(5 * Stride, 2), new float[Rows * Stride]);
        Array.Fill(result, Outside);
        var expected = (float[])result.Clone();
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Columns; j++)
            {
                expected[i * Stride + j] = accumulate ? Outside : 0;
                for (int k = 0; k < Inner; k++)
                {
                    expected[i * Stride + j] +=
                        left[leftTransposed ? k * Stride + i : i * Stride + k] * right[rightTransposed ? j * Stride + k : k * Stride + j];
                }
            }
        }

        using var product = Open();
        fixed (float* a = left, b = right, c = result)
        {
            product.Multiply(
                new Matrix(a, Rows, Inner, Stride, leftTransposed), new Matrix(b, Inner, Columns, Stride, rightTransposed),
                new Matrix(c, Rows, Columns, Stride), accumulate);
        }

        result.Should().Equal(expected, "whole numbers are exact, and what lies between the rows stays");
    }

    [SkippableTheory]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    public void Multiply_Parts_IsTheProductWithTheRightFactorTransposed(bool leftTransposed, bool rightTransposed, bool accumulate)
    {
        const int Rows = 3, Inner = 5, Columns = 4, Stride = 7;
        var (left, right, result) = (Numbers(5 * Stride, 1), Numbers(5 * Stride, 2), Numbers(Rows * Stride, 3));
        var expected = (float[])result.Clone();
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Columns; j++)
            {
                expected[i * Stride + j] = accumulate ? expected[i * Stride + j] : 0;
                for (int k = 0; k < Inner; k++)
                {
                    expected[i * Stride + j] +=
                        left[leftTransposed ? k * Stride + i : i * Stride + k] * right[rightTransposed ? k * Stride + j : j * Stride + k];
                }
            }
        }

        using var product = Open();
        fixed (ushort* a = BFloat16(left), b = BFloat16(right))
        fixed (float* c = result)
        {
            product.Multiply(
                new MatrixParts(a, Inner, Stride, leftTransposed), new MatrixParts(b, Inner, Stride, rightTransposed),
                new Matrix(c, Rows, Columns, Stride), accumulate);
        }

        result.Should().Equal(expected);
    }

    [SkippableFact]
    public void Multiply_RunsInItsContext()
    {
        using var product = Open();
        _driver.Forget();

        MultiplyNumbers(product);

        _driver.Calls.Should().Equal($"cuCtxPushCurrent {Context}", $"cuCtxPopCurrent {Context}");
    }

    [SkippableFact]
    public void Handle_IsMadeInItsContextAndAllowsNoTf32()
    {
        const int DefaultMath = 0;

        using var product = Open();

        _cublas.Handles.Should().Be(1);
        _cublas.MathMode.Should().Be(DefaultMath);
        _driver.Calls.TakeLast(2).Should().Equal($"cuCtxPushCurrent {Context}", $"cuCtxPopCurrent {Context}");
    }

    [SkippableFact]
    public void Multiply_FromSeveralThreads_GoesOneAfterAnother()
    {
        using var product = Open();

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => MultiplyNumbers(product));

        _cublas.ThreadsMet.Should().BeFalse();
    }

    [SkippableTheory]
    [InlineData("cublasCreate", 3)]
    [InlineData("cublasSetMathMode", 3)]
    [InlineData("cublasSgemm", 14)]
    [InlineData("cublasGemmEx", 14)]
    public void AnyFunction_Fails_IsNamedAndLeavesNoHandle(string function, int status)
    {
        _cublas.Fail(function);

        var act = () =>
        {
            using var product = Open();
            MultiplyNumbers(product);
            var (part, result) = ((ushort)0, 0f);
            var parts = new MatrixParts(&part, 1, 1, isTransposed: false);
            product.Multiply(parts, parts, new Matrix(&result, 1, 1, 1), accumulate: false);
        };

        act.Should().Throw<InvalidOperationException>().WithMessage($"{function} of {_cublas.Path} failed with status {status}.");
        _cublas.Handles.Should().Be(0);
        _driver.PushedContexts.Should().Be(0);
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return Array.ConvertAll(new float[count], _ => (float)random.Next(-9, 10));
    }

    private static ushort[] BFloat16(float[] numbers) =>
        Array.ConvertAll(numbers, number => (ushort)(BitConverter.SingleToUInt32Bits(number) >> 16));

    private static void MultiplyNumbers(CublasProduct product)
    {
        var (a, b, c) = (2f, 3f, 0f);
        product.Multiply(new Matrix(&a, 1, 1, 1), new Matrix(&b, 1, 1, 1), new Matrix(&c, 1, 1, 1), accumulate: false);
        c.Should().Be(6);
    }

    private CublasProduct Open() => new(_cublas.File, new CudaDriver(_driver.File), Context);
}
