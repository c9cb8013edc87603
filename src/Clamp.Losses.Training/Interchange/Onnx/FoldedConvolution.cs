using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>A convolution that does a batch norm's work too: both are linear in eval mode, so that one weight and one bias say it all.</summary>
internal static class FoldedConvolution
{
    /// <summary>Folds in float64, so that only the result is rounded.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="norm">The batch norm of its output; null for none.</param>
    /// <returns>float64 on the CPU: the weight, [O, I, h, w], and the bias, [O], or null for none.</returns>
    /// <exception cref="NotSupportedException">The norm keeps no running statistics.</exception>
    public static (Tensor Weight, Tensor? Bias) Of(Conv2d convolution, nn.Module? norm)
    {
        using var unrecorded = no_grad();
        var (weight, bias) = (Exact(convolution.weight), convolution.bias is { } given ? Exact(given) : null);
        if (norm is null)
        {
            return (weight, bias);
        }

        var epsilon = norm is SyncBatchNorm synchronised ? synchronised.Epsilon : ((BatchNorm2d)norm).eps;
        var values = norm.state_dict();
        if (!values.TryGetValue("running_var", out var variance))
        {
            throw new NotSupportedException($"A {norm.GetName()} without running statistics cannot be exported: it computes with those of the batch.");
        }

        var scale = Exact(variance).add(KeptScalars.Of(epsilon), KeptScalars.One).rsqrt();
        scale = values.TryGetValue("weight", out var factor) ? scale * Exact(factor) : scale;
        var shift = (bias ?? zeros_like(scale)) - Exact(values["running_mean"]);
        shift = values.TryGetValue("bias", out var offset) ? (shift * scale) + Exact(offset) : shift * scale;
        return (weight * scale.reshape(-1, 1, 1, 1), shift);
    }

    private static Tensor Exact(Tensor values) => values.to(ScalarType.Float64).cpu();
}
