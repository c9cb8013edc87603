using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training.Tests;

public sealed class ParameterNormsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Of_EncoderAndHead_AreTheNormsOfEachOverAllItsParameters()
    {
        var encoder = Sequential(Filled(weight: 1, slope: 2), Filled(weight: 1, slope: 2));
        var head = Filled(weight: 3, slope: 4);

        // 12 weights in a layer, of which the encoder has two.
        var norms = ParameterNorms.Of(encoder, head);

        norms.EncoderWeights.Should().BeApproximately(Math.Sqrt(24), 1e-5);
        norms.EncoderGradient.Should().BeApproximately(2 * Math.Sqrt(24), 1e-5);
        norms.HeadWeights.Should().BeApproximately(3 * Math.Sqrt(12), 1e-5);
        norms.HeadGradient.Should().BeApproximately(4 * Math.Sqrt(12), 1e-5);
    }

    [Fact]
    public void Of_ParametersWithoutGradient_CountsThemAsNone()
    {
        var norms = ParameterNorms.Of(Linear(3, 4), Sequential(Filled(weight: 1, slope: 1), Linear(3, 4)));

        norms.EncoderGradient.Should().Be(0);
        norms.HeadGradient.Should().BeApproximately(Math.Sqrt(12), 1e-5);
    }

    private static TorchSharp.Modules.Linear Filled(float weight, float slope)
    {
        var layer = Linear(3, 4, hasBias: false);
        using var unrecorded = no_grad();
        layer.weight!.fill_(weight);
        layer.weight.grad = full_like(layer.weight, slope);
        return layer;
    }
}
