namespace Clamp.Losses.Samples.Data.Cifar;

/// <summary>The images of one file.</summary>
/// <param name="Labels">The class index of every image.</param>
/// <param name="Pixels">Bytes of [N, 3, 32, 32].</param>
internal sealed record CifarBatch(int[] Labels, byte[] Pixels);
