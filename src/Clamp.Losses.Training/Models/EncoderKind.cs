namespace Clamp.Losses.Training;

/// <summary>The encoders the trainer knows.</summary>
public enum EncoderKind
{
    /// <summary>Three stages of one basic block, 16, 32 and 64 wide; 64 features. Trains on about 800 views a second on 2 cores.</summary>
    Tiny,

    /// <summary>ResNet-18, 512 features.</summary>
    ResNet18,

    /// <summary>ResNet-34, 512 features.</summary>
    ResNet34,

    /// <summary>ResNet-50, 2048 features.</summary>
    ResNet50,
}
