using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>Batch norms as the encoders need them.</summary>
internal static class BatchNormExtensions
{
    /// <summary>
    /// Applies a batch norm as its <c>call</c> does. That one counts batches by a number which the garbage collector may free while
    /// native code reads it.
    /// </summary>
    /// <param name="norm">The batch norm, with running statistics and a momentum.</param>
    /// <param name="input">[N, C, H, W], float32 or bfloat16.</param>
    /// <returns>A new tensor of the input's shape and type.</returns>
    public static Tensor Normalise(this BatchNorm2d norm, Tensor input)
    {
        if (norm.training)
        {
            norm.num_batches_tracked!.add_(KeptScalars.One, KeptScalars.One);
        }

        return functional.batch_norm(
            input, norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.training, norm.momentum!.Value, norm.eps);
    }
}
