using TorchSharp.Modules;

namespace Clamp.Losses.Training;

/// <summary>Makes the optimiser of a run. All of them save and load their state the same way.</summary>
public static class OptimizerFactory
{
    /// <summary>An optimiser at the run's peak learning rate.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="parameters">What to optimise, on the device to train on: state is kept by the parameters' handles.</param>
    /// <returns>The optimiser; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The optimiser is unknown.</exception>
    public static OptimizerHelper Create(PretrainOptions options, IEnumerable<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(options);
        var list = parameters.ToList();
        double rate = options.PeakLearningRate();
        return options.Optimizer switch
        {
            OptimizerKind.AdamW => new AdamW(list, rate, options.WeightDecay),
            OptimizerKind.Sgd => Nesterov(list, rate, options),
            OptimizerKind.Lars => new Lars(list, rate, options.Momentum, options.WeightDecay, options.TrustCoefficient),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Optimizer, "Unknown optimiser."),
        };
    }

    private static SGD Nesterov(List<Parameter> parameters, double rate, PretrainOptions options)
    {
        var (momentum, nesterov) = (options.Momentum, options.Momentum > 0);
        var kinds = parameters.ToLookup(Lars.IsBiasOrNorm);
        return new(
            [
                new TorchSharp.Modules.SGD.ParamGroup(kinds[false], rate, momentum, weight_decay: options.WeightDecay, nesterov: nesterov),
                new TorchSharp.Modules.SGD.ParamGroup(kinds[true], rate, momentum, weight_decay: 0, nesterov: nesterov),
            ],
            rate);
    }
}
