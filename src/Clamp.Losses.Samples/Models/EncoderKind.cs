namespace Clamp.Losses.Samples.Models;

/// <summary>The encoders the trainer knows, all with the 3x3 stem for small images.</summary>
public enum EncoderKind
{
    /// <summary>Three stages of one basic block, 16, 32 and 64 wide: about 900 images a second, forward and backward, on 2 cores.</summary>
    Tiny,

    /// <summary>ResNet-18, 512 features: about 40 images a second on 2 cores.</summary>
    ResNet18,

    /// <summary>ResNet-50, 2048 features.</summary>
    ResNet50,
}
