using TorchSharp;

namespace Clamp.Losses.GpuCheck;

/// <summary>Embeddings on the device: z, [V, B, D], the last dimension contiguous. Strides are in numbers.</summary>
/// <param name="Address">Of the first number.</param>
/// <param name="Element">float32, float16 or bfloat16.</param>
/// <param name="Views">V.</param>
/// <param name="Images">B.</param>
/// <param name="Width">D.</param>
/// <param name="ViewStride">From one view to the next.</param>
/// <param name="ImageStride">From one image to the next.</param>
internal sealed record EmbeddingBatch(
    long Address, torch.ScalarType Element, int Views, int Images, int Width, long ViewStride, long ImageStride)
{
    /// <summary>V B D.</summary>
    public long Count => (long)Views * Images * Width;
}
