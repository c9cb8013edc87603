namespace Clamp.Losses;

/// <summary>How <see cref="ClampLoss"/> computes the loss and its gradient.</summary>
public enum ClampBackend
{
    /// <summary>The fastest backend that the device and dtype of the embeddings allow, and that the machine has.</summary>
    Auto,

    /// <summary>
    /// Plain torch operations through autograd, in float64: any floating dtype, twice differentiable; the specification. On a device
    /// without float64 (MPS), a <see cref="NotSupportedException"/>.
    /// </summary>
    Composite,

    /// <summary>
    /// The fused kernels, which compute the gradient together with the loss: float32, float16 and bfloat16 on the CPU and on CUDA. A
    /// missing driver or library of CUDA, and any other kind of device, is an <see cref="InvalidOperationException"/>. Embeddings in
    /// float64, and a <see cref="ClampLossOptions.MinSeparation"/> below 1e-4, run <see cref="Composite"/>. Not twice differentiable: a
    /// backward pass with create_graph gives a gradient of NaN, and says why to the logger or the trace.
    /// </summary>
    Fused,
}
