using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// TorchSharp's SGD, state and file format included, with a step that keeps its numbers from the garbage collector while native code
/// reads them (<see cref="KeptScalars"/>).
/// </summary>
/// <param name="groups">What to optimise.</param>
/// <param name="learningRate">The learning rate of groups without one, at least 0.</param>
/// <param name="momentum">The momentum of groups without one, at least 0.</param>
/// <param name="weightDecay">The decay of groups without one, at least 0.</param>
/// <param name="nesterov">Whether the momentum is Nesterov's in groups that do not say.</param>
internal sealed class SGD(
    IEnumerable<TorchSharp.Modules.SGD.ParamGroup> groups, double learningRate, double momentum = 0, double weightDecay = 0, bool nesterov = false)
    : TorchSharp.Modules.SGD(groups, learningRate, momentum, weight_decay: weightDecay, nesterov: nesterov)
{
    /// <inheritdoc/>
    public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(
        group =>
        {
            foreach (var parameter in group.Parameters)
            {
                Update(parameter, (State)_state[parameter.Handle], group.Options);
            }
        },
        closure);

    /// <summary>Takes one step of one parameter; without a gradient it stays where it is.</summary>
    /// <param name="weight">The parameter.</param>
    /// <param name="state">Its momentum.</param>
    /// <param name="options">Rate, momentum and decay; no dampening.</param>
    public static void Update(Parameter weight, State state, Options options)
    {
        if (weight.grad is not { } direction)
        {
            return;
        }

        if (options.weight_decay!.Value is not 0 and var decay)
        {
            direction = direction.add(weight, KeptScalars.Of(decay));
        }

        if (options.momentum!.Value is not 0 and var momentum)
        {
            _ = state.momentum_buffer?.mul_(KeptScalars.Of(momentum)).add_(direction, KeptScalars.One);
            state.momentum_buffer ??= direction.clone().DetachFromDisposeScope();
            direction = options.nesterov!.Value
                ? direction.add(state.momentum_buffer, KeptScalars.Of(momentum))
                : state.momentum_buffer;
        }

        using TorchSharp.Scalar stride = -options.LearningRate!.Value;
        weight.add_(direction, stride);
    }
}
