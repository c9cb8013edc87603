using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// TorchSharp's AdamW, state and file format included, with a step that keeps its numbers from the garbage collector while native code
/// reads them (<see cref="KeptScalars"/>) and passes over memory less often.
/// </summary>
/// <param name="parameters">What to optimise.</param>
/// <param name="learningRate">The learning rate, at least 0.</param>
/// <param name="weightDecay">The decoupled decay, at least 0.</param>
internal sealed class AdamW(IEnumerable<Parameter> parameters, double learningRate, double weightDecay)
    : TorchSharp.Modules.AdamW(parameters, learningRate, weight_decay: weightDecay)
{
    /// <inheritdoc/>
    public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(
        group =>
        {
            foreach (var parameter in group.Parameters)
            {
                Update(parameter, (State)_state[parameter.Handle], (Options)group.Options);
            }
        },
        closure);

    // w <- (1 - rate decay) w - rate / c1 m / (sqrt(v) / c2 + eps), where the division by c2 is moved into the other two numbers.
    private static void Update(Parameter weight, State state, Options options)
    {
        if (weight.grad is not { } gradient)
        {
            return;
        }

        state.step++;
        var (beta1, beta2, rate) = (options.beta1!.Value, options.beta2!.Value, options.LearningRate!.Value);
        var c1 = 1 - Math.Pow(beta1, state.step);
        var c2 = Math.Sqrt(1 - Math.Pow(beta2, state.step));
        using TorchSharp.Scalar kept = 1 - (rate * options.weight_decay!.Value), epsilon = options.eps!.Value * c2, stride = -rate * c2 / c1;
        weight.mul_(kept);
        state.exp_avg.mul_(KeptScalars.Of(beta1)).add_(gradient, KeptScalars.Of(1 - beta1));
        state.exp_avg_sq.mul_(KeptScalars.Of(beta2)).addcmul_(gradient, gradient, KeptScalars.Of(1 - beta2));
        weight.addcdiv_(state.exp_avg, state.exp_avg_sq.sqrt().add_(epsilon, KeptScalars.One), stride);
    }
}
