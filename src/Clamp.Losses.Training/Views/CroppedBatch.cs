namespace Clamp.Losses.Training;

/// <summary>The crops of a batch, for all its views.</summary>
/// <param name="Pixels">Bytes of [V, B, 3, S, S].</param>
/// <param name="Parameters">For each of the V views, the parameters of its B crops.</param>
internal sealed record CroppedBatch(byte[] Pixels, ViewParameters[][] Parameters);
