using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

/// <summary>Checkpoints of earlier versions hold the state of TorchSharp's own optimisers.</summary>
public sealed class TorchSharpStateTests
{
    private const double Rate = 0.1;
    private const double Decay = 0.02;

    [Fact]
    public void AdamW_StateOfTorchSharps_GoesOnAsTorchSharps() => GoesOn(
        parameter => optim.AdamW([parameter], Rate, weight_decay: Decay),
        parameter => new AdamW([parameter], Rate, Decay));

    [Theory]
    [InlineData(0.9, true)]
    [InlineData(0.9, false)]
    [InlineData(0, false)]
    public void Sgd_StateOfTorchSharps_GoesOnAsTorchSharps(double momentum, bool nesterov) => GoesOn(
        parameter => optim.SGD([parameter], Rate, momentum, weight_decay: Decay, nesterov: nesterov),
        parameter => new SGD([new TorchSharp.Modules.SGD.ParamGroup([parameter], Rate, momentum, weight_decay: Decay, nesterov: nesterov)], Rate));

    private static void GoesOn(Func<Parameter, OptimizerHelper> theirs, Func<Parameter, OptimizerHelper> ours)
    {
        using var weight = new Parameter(tensor(new[] { 3f, -4, 0.5f, 1e-3f }));
        using var their = theirs(weight);
        for (int step = 0; step < 3; step++)
            Step(their, weight, step);

        using var copy = new Parameter(weight.detach().clone());
        using var our = ours(copy);
        Restore(our, Saved(their));
        Step(their, weight, 3);
        Step(our, copy, 3);

        copy.data<float>().ToArray().Should().Equal(weight.data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    private static void Step(OptimizerHelper optimizer, Parameter weight, int step)
    {
        using var slope = tensor(new[] { 1f, 2 - step, -0.5f, 0.25f * step });
        weight.grad = slope.clone();
        optimizer.step();
    }

    private static byte[] Saved(OptimizerHelper optimizer)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        optimizer.save_state_dict(writer);
        return stream.ToArray();
    }

    private static void Restore(OptimizerHelper optimizer, byte[] state)
    {
        using var reader = new BinaryReader(new MemoryStream(state));
        optimizer.load_state_dict(reader);
    }
}
