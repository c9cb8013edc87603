using Clamp.Losses.Packing.Cuda;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>The CUDA sources that the library embeds.</summary>
internal static class KernelSources
{
    /// <summary>What the others include.</summary>
    public static IReadOnlyList<string> Headers { get; } = ["Common.cuh", "Pairs.cuh"];

    /// <summary>The kernels.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["EmbeddingStatistics.cu", "PairInteractions.cu", "CloseForces.cu", "PairSums.cu", "EmbeddingGradient.cu", "Split.cu"];

    /// <summary>File names and texts.</summary>
    public static IEnumerable<(string Name, string Source)> All => Names.Concat(Headers).Select(name => (name, Named(name)));

    /// <summary>The text of one.</summary>
    /// <param name="name">Its file name.</param>
    public static string Named(string name)
    {
        using var reader = new StreamReader(typeof(ClampLoss).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>The compiler's options: what the library's compiler defines, for embeddings of a dtype.</summary>
    /// <param name="dtype">float32, float16 or bfloat16.</param>
    public static string[] DefinitionsFor(ScalarType dtype) =>
        [$"-DELEMENT_{dtype.ToString().ToUpperInvariant()}", .. KernelConstants.Definitions];
}
