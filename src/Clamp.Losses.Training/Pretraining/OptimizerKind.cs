namespace Clamp.Losses.Training;

/// <summary>The optimisers that <see cref="OptimizerFactory"/> makes.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW (Loshchilov and Hutter, arXiv:1711.05101): decay is decoupled and applies to every parameter.</summary>
    AdamW,

    /// <summary>Stochastic gradient descent with Nesterov momentum; biases and norms do not decay.</summary>
    Sgd,

    /// <summary><see cref="Training.Lars"/>, the paper's; biases and norms are neither scaled nor decayed.</summary>
    Lars,
}
