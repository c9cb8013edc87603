using System.Diagnostics.CodeAnalysis;

namespace Clamp.Losses.Training;

/// <summary>What the weights of an ONNX file are stored and computed in. Its input and output are float32 always.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The number format is what the value means.")]
public enum OnnxPrecision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>float16: half the size. Images are normalised and features averaged over positions in float32.</summary>
    Float16,
}
