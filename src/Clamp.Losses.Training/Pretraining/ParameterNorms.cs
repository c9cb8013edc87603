using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>How large weights and gradients are: Euclidean norms over all parameters of a module, before the optimiser's step.</summary>
/// <param name="EncoderGradient">The norm of the encoder's gradients.</param>
/// <param name="EncoderWeights">The norm of the encoder's weights.</param>
/// <param name="HeadGradient">The norm of the projection head's gradients.</param>
/// <param name="HeadWeights">The norm of the projection head's weights.</param>
public readonly record struct ParameterNorms(double EncoderGradient, double EncoderWeights, double HeadGradient, double HeadWeights)
{
    /// <summary>The norms of a step that were not measured.</summary>
    internal static ParameterNorms Unknown { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN);

    /// <summary>Measures the norms; parameters without a gradient count as 0.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="head">The projection head, on the same device.</param>
    internal static ParameterNorms Of(nn.Module encoder, nn.Module head)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();

        // One number for all is waited for, so that a GPU is asked once.
        Tensor[] norms = [Gradient(encoder), Weights(encoder), Gradient(head), Weights(head)];
        var values = stack(norms).cpu().data<float>();
        return new(values[0], values[1], values[2], values[3]);
    }

    private static Tensor Gradient(nn.Module module) => Norm([.. module.parameters().Select(weight => weight.grad).OfType<Tensor>()], module);

    private static Tensor Weights(nn.Module module) => Norm([.. module.parameters()], module);

    private static Tensor Norm(Tensor[] tensors, nn.Module module) => tensors.Length > 0
        ? stack(Array.ConvertAll(tensors, each => each.to(float32).norm())).norm()
        : zeros([], float32, module.parameters().First().device);
}
