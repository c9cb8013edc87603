namespace Clamp.Losses.Packing.Cuda;

/// <summary>The kernels between centroids, which are float32, on one device; their .cu files say what each does.</summary>
/// <param name="device">Loads them.</param>
internal sealed class PairKernels(CudaDevice device)
{
    private const string Element = "ELEMENT_FLOAT32";

    public nint InteractPairs { get; } = device.Load("PairInteractions.cu", Element, "interact_pairs");

    public nint CloseForces { get; } = device.Load("CloseForces.cu", Element, "close_forces");

    public nint AddPairSums { get; } = device.Load("PairSums.cu", Element, "add_pair_sums");

    public nint LossOfEnergy { get; } = device.Load("PairSums.cu", Element, "loss_of_energy");
}
