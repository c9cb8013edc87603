namespace Clamp.Losses.Distributed;

/// <summary>Which images of the batch of all processes are this process's.</summary>
/// <param name="Group">The processes.</param>
/// <param name="FirstImage">How many images the processes before this one have.</param>
/// <param name="AllImages">How many images all processes have.</param>
internal readonly record struct BatchPart(IProcessGroup Group, long FirstImage, long AllImages)
{
    /// <summary>The batch of one process.</summary>
    /// <param name="images">B.</param>
    public static BatchPart Whole(long images) => new(SingleProcessGroup.Instance, 0, images);
}
