using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Where a tensor lies in a safetensors file.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Begin">Its first byte, counted from the end of the header.</param>
/// <param name="End">The byte after its last.</param>
public sealed record SafetensorsEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End);
