using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>What libtorch says of itself, and whether it trains. To be asked once its natives are known to load.</summary>
internal static class TorchCheck
{
    public static IEnumerable<Finding> Examine()
    {
        Finding[] findings;
        try
        {
            findings =
            [
                new("libtorch's version", __version__),
                Threads(),
                Cuda(),
                TrainingStep("training step", ResNet.Tiny()),
                TrainingStep("ResNet-50's step", ResNet.ResNet50(smallStem: true)),
            ];
        }
        catch (Exception e)
        {
            findings = [new("training step", e.GetBaseException().Message, "Please report this with the table above.", Prevents: true)];
        }

        return findings;
    }

    private static Finding Threads()
    {
        var library = NativeLibraries.LoadedFile("libgomp") ?? NativeLibraries.LoadedFile("libiomp") ?? NativeLibraries.LoadedFile("libomp");
        return new("OpenMP", $"{get_num_threads()} threads{(library is null ? "" : $", {library}")}");
    }

    private static Finding Cuda() => cuda.is_available()
        ? new("CUDA in libtorch", $"available, {cuda.device_count()} devices")
        : new(
            "CUDA in libtorch",
            "not available: training runs on the CPU",
            CudaCheck.HasDevice ? "There is a GPU: build with -p:TorchBackend=cuda-linux or cuda-windows to train on it." : null);

    /// <summary>One step of what pretraining does, on small images.</summary>
    private static Finding TrainingStep(string name, ResNet network)
    {
        using var scope = NewDisposeScope();
        using var encoder = network;
        using var criterion = new ClampLoss();
        using var optimizer = optim.SGD(encoder.parameters(), 0.01);
        var loss = criterion.call(encoder.call(rand([8, 3, 16, 16], ScalarType.Float32, CPU)).unflatten(0, 2, 4));
        loss.backward();
        optimizer.step();
        var finite = encoder.parameters().All(weight => weight.isfinite().all().item<bool>());
        return new Finding(
            name,
            finite ? $"works on the CPU, loss {loss.item<float>():F3}" : "gave weights that are not finite",
            finite ? null : "libtorch computes wrongly on this processor; please report this with the table above.",
            Prevents: !finite);
    }
}
