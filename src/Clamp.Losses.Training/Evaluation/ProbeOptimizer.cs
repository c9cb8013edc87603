namespace Clamp.Losses.Training;

/// <summary>What trains the classifier of a linear probe.</summary>
public enum ProbeOptimizer
{
    /// <summary>Stochastic gradient descent with momentum; weight decay is added to the gradient.</summary>
    Sgd,

    /// <summary>Adam; weight decay is added to the gradient.</summary>
    Adam,

    /// <summary>AdamW, whose weight decay is decoupled.</summary>
    AdamW,
}
