namespace Clamp.Losses.Packing.Cuda;

/// <summary>The kernels between centroids, on one device; their .cu files say what each does.</summary>
internal sealed class PairKernels
{
    /// <summary>Compiles and loads them.</summary>
    /// <param name="device">Where.</param>
    public PairKernels(CudaDevice device)
    {
        const string element = "ELEMENT_FLOAT32";
        InteractPairs = device.Load("PairInteractions.cu", element, "interact_pairs")[0];
        CloseForces = device.Load("CloseForces.cu", element, "close_forces")[0];
        var sums = device.Load("PairSums.cu", element, "add_pair_sums", "loss_of_energy");
        (AddPairSums, LossOfEnergy) = (sums[0], sums[1]);
    }

    public nint InteractPairs { get; }

    public nint CloseForces { get; }

    public nint AddPairSums { get; }

    public nint LossOfEnergy { get; }
}
