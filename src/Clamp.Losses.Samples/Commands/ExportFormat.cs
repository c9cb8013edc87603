namespace Clamp.Losses.Samples.Commands;

/// <summary>What encoders are exported to.</summary>
internal enum ExportFormat
{
    /// <summary>Weights with torchvision's names.</summary>
    Safetensors,

    /// <summary>A graph that needs no torch.</summary>
    Onnx,
}
