using System.Diagnostics.CodeAnalysis;

namespace Clamp.Losses.Training;

/// <summary>What the encoder's convolutions compute in while training. Weights, batch-norm statistics, head and loss are float32 always.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The number format is what the value means.")]
public enum Precision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16: 8 bits of mantissa and float32's range, so that no loss scaling is needed.</summary>
    BFloat16,
}
