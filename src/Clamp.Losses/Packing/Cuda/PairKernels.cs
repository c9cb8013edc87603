namespace Clamp.Losses.Packing.Cuda;

/// <summary>The kernels between centroids, on one device; PairInteractions.cu says what each does.</summary>
internal sealed class PairKernels
{
    /// <summary>Compiles and loads them.</summary>
    /// <param name="device">Where.</param>
    public PairKernels(CudaDevice device)
    {
        var kernels = device.Load(
            "PairInteractions.cu", "ELEMENT_FLOAT32",
            "interact_pairs", "close_forces_of_columns", "close_forces_of_rows", "add_pair_sums", "loss_of_energy");
        (InteractPairs, CloseForcesOfColumns, CloseForcesOfRows) = (kernels[0], kernels[1], kernels[2]);
        (AddPairSums, LossOfEnergy) = (kernels[3], kernels[4]);
    }

    public nint InteractPairs { get; }

    public nint CloseForcesOfColumns { get; }

    public nint CloseForcesOfRows { get; }

    public nint AddPairSums { get; }

    public nint LossOfEnergy { get; }
}
