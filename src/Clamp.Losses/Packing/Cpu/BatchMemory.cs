namespace Clamp.Losses.Packing.Cpu;

/// <summary>The addresses of <see cref="PackingBuffers"/>, whose members say what they hold, and of the mean embedding.</summary>
internal readonly unsafe struct BatchMemory(PackingBuffers buffers, Scratch mean)
{
    public readonly double* EmbeddingSums = (double*)TensorMemory.Of(buffers.EmbeddingSums);
    public readonly float* InverseNorms = (float*)TensorMemory.Of(buffers.InverseNorms);
    public readonly byte* Delicate = (byte*)TensorMemory.Of(buffers.Delicate);
    public readonly float* Centroids = (float*)TensorMemory.Of(buffers.Centroids);
    public readonly float* CentroidForces = (float*)TensorMemory.Of(buffers.CentroidForces);
    public readonly float* SquaredNorms = (float*)TensorMemory.Of(buffers.SquaredNorms);
    public readonly float* Radii = (float*)TensorMemory.Of(buffers.Radii);
    public readonly double* ContactSums = (double*)TensorMemory.Of(buffers.ContactSums);
    public readonly double* RadiusGradients = (double*)TensorMemory.Of(buffers.RadiusGradients);
    public readonly double* Energy = (double*)TensorMemory.Of(buffers.Energy);

    /// <summary>mu in double, and as the sum of two float32.</summary>
    public readonly MeanEmbedding Mean = new(mean, (int)buffers.Shape.Width);
}
