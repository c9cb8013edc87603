namespace Clamp.Losses.GpuCheck;

/// <summary>The parts of a step.</summary>
internal enum Stage
{
    /// <summary>Kernel 1: centroids and radii.</summary>
    Statistics,

    /// <summary>C C^T, A C and its mirror image.</summary>
    Products,

    /// <summary>Kernel 2: every pair's energy and A.</summary>
    Interactions,

    /// <summary>Kernel 3: the gradient, centred.</summary>
    Gradient,
}
