using Clamp.Losses.Packing;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing;

public sealed class FullPrecisionProductsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Products_InBetween_AreFloat32AndTheSwitchReturns(bool allowed)
    {
        var before = backends.cuda.matmul.allow_tf32;
        backends.cuda.matmul.allow_tf32 = allowed;
        try
        {
            using (new FullPrecisionProducts(DeviceType.CUDA))
            {
                backends.cuda.matmul.allow_tf32.Should().BeFalse();
            }

            backends.cuda.matmul.allow_tf32.Should().Be(allowed);
        }
        finally
        {
            backends.cuda.matmul.allow_tf32 = before;
        }
    }
}
