namespace Clamp.Losses.Training;

/// <summary>What trains the classifier of a linear probe.</summary>
public enum ProbeOptimizer
{
    /// <summary>Stochastic gradient descent with momentum; weight decay is added to the gradient.</summary>
    Sgd,

    /// <summary>AdamW, whose weight decay is decoupled.</summary>
    AdamW,
}
