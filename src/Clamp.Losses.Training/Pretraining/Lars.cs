using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Layer-wise adaptive rate scaling (You, Gitman, Ginsburg, arXiv:1708.03888, equation 6) as SGD with momentum m on scaled gradients,
/// in the form that solo-learn and the paper's own code use:
/// <code>
/// g &lt;- eta |w| / (|g| + decay |w| + 1e-8) * (g + decay w)
/// v &lt;- m v + g,   w &lt;- w - rate * v
/// </code>
/// Biases and the parameters of norms take part in the second line alone. So does a layer whose weights are all 0, and one without
/// gradient keeps its weights.
/// </summary>
/// <remarks>A step scales the gradients where they are. The state is SGD's momentum, saved and loaded as SGD's.</remarks>
/// <param name="parameters">What to optimise.</param>
/// <param name="learningRate">The global learning rate; at least 0.</param>
/// <param name="momentum">m, at least 0.</param>
/// <param name="weightDecay">The decay, at least 0.</param>
/// <param name="trustCoefficient">eta, above 0; the papers' value is 0.001.</param>
public sealed class Lars(
    IEnumerable<Parameter> parameters, double learningRate, double momentum = 0.9, double weightDecay = 0, double trustCoefficient = 0.001)
    : TorchSharp.Modules.SGD(parameters.ToList(), learningRate, momentum)
{
    private const double Epsilon = 1e-8;

    /// <summary>Whether a parameter is a bias or belongs to a norm: those have one dimension, and weights have more.</summary>
    /// <param name="parameter">The parameter.</param>
    public static bool IsBiasOrNorm(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.dim() <= 1;
    }

    /// <summary>Takes one step with the gradients that the parameters hold.</summary>
    /// <param name="closure">Computes the gradients first and returns the loss; may be null.</param>
    /// <returns>The closure's loss, or null.</returns>
    public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(
        group =>
        {
            foreach (var parameter in group.Parameters)
            {
                Scale(parameter);
                SGD.Update(parameter, (State)_state[parameter.Handle], group.Options);
            }
        },
        closure);

    // The norms stay on the device: a step that waits for none of them.
    private void Scale(Parameter weight)
    {
        if (IsBiasOrNorm(weight) || weight.grad is not { } gradient)
        {
            return;
        }

        var (size, slope) = (weight.norm(), gradient.norm());
        var decay = KeptScalars.Of(weightDecay);
        var ratio = KeptScalars.Of(trustCoefficient) * size / slope.add(decay * size, KeptScalars.One).add_(KeptScalars.Of(Epsilon), KeptScalars.One);
        ratio = where(slope.eq(KeptScalars.Of(0.0)), zeros_like(ratio), where(size.eq(KeptScalars.Of(0.0)), ones_like(ratio), ratio));
        gradient.add_(weight, decay).mul_(ratio);
    }
}
