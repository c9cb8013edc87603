namespace Clamp.Losses.Training;

/// <summary>How the peak learning rate grows with the batch, from what is given for 256 images.</summary>
public enum LearningRateScaling
{
    /// <summary>Not at all: the learning rate is taken as given.</summary>
    None,

    /// <summary>Times batch / 256 (Goyal et al., arXiv:1706.02677); the paper's.</summary>
    Linear,

    /// <summary>Times the square root of batch / 256 (Krizhevsky, arXiv:1404.5997).</summary>
    SquareRoot,
}
