using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class OptimizerFactoryTests
{
    private const double Rate = 0.1;
    private static readonly double[] Start = [3, -4];
    private static readonly double[] Gradient = [0.5, 2];

    [Fact]
    public void Sgd_TwoSteps_AreNesterovsWithDecayedWeights()
    {
        var options = new PretrainOptions { Optimizer = OptimizerKind.Sgd, LearningRate = Rate, Momentum = 0.9, WeightDecay = 0.01 };

        var weights = TwoSteps(options, rows: 2);

        weights.Should().Equal(Start.Zip(Gradient, (w, g) => Nesterov(w, g, decay: 0.01)), Nearly, "both are float64");
    }

    [Fact]
    public void Sgd_BiasOrNorm_DoesNotDecay()
    {
        var options = new PretrainOptions { Optimizer = OptimizerKind.Sgd, LearningRate = Rate, Momentum = 0.9, WeightDecay = 0.01 };

        var biases = TwoSteps(options, rows: null);

        biases.Should().Equal(Start.Zip(Gradient, (w, g) => Nesterov(w, g, decay: 0)), Nearly);
    }

    [Fact]
    public void Sgd_NoMomentum_IsPlainDescent()
    {
        var options = new PretrainOptions { Optimizer = OptimizerKind.Sgd, LearningRate = Rate, Momentum = 0, WeightDecay = 0 };

        TwoSteps(options, rows: 2).Should().Equal(Start.Zip(Gradient, (w, g) => w - (2 * Rate * g)), Nearly);
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW, typeof(AdamW))]
    [InlineData(OptimizerKind.Sgd, typeof(SGD))]
    [InlineData(OptimizerKind.Lars, typeof(Lars))]
    public void Create_EachKind_StartsAtThePeakInEveryGroup(OptimizerKind kind, Type type)
    {
        var options = new PretrainOptions
        {
            Optimizer = kind,
            LearningRate = Rate,
            BatchSize = 1024,
            LearningRateScaling = LearningRateScaling.Linear,
        };
        using var weight = new Parameter(zeros(2, 2));
        using var bias = new Parameter(zeros(2));

        using var optimizer = OptimizerFactory.Create(options, [weight, bias]);

        optimizer.Should().BeOfType(type);
        optimizer.ParamGroups.Should().OnlyContain(group => group.LearningRate == 4 * Rate);
        optimizer.parameters().Should().HaveCount(2);
    }

    private static double[] TwoSteps(PretrainOptions options, int? rows)
    {
        using var scope = NewDisposeScope();
        using var parameter = new Parameter(rows is { } count ? tensor(Start).reshape(count, 1) : tensor(Start));
        using var optimizer = OptimizerFactory.Create(options, [parameter]);
        for (int i = 0; i < 2; i++)
        {
            optimizer.zero_grad();
            (parameter * tensor(Gradient).reshape(parameter.shape)).sum().backward();
            optimizer.step();
        }

        return parameter.data<double>().ToArray();
    }

    /// <summary>Two steps as in Sutskever et al. 2013, in the form of PyTorch: g + m v after v = m v + g.</summary>
    private static double Nesterov(double weight, double gradient, double decay)
    {
        double velocity = 0;
        for (int i = 0; i < 2; i++)
        {
            double slope = gradient + (decay * weight);
            velocity = (0.9 * velocity) + slope;
            weight -= Rate * (slope + (0.9 * velocity));
        }

        return weight;
    }

    private static bool Nearly(double a, double b) => Math.Abs(a - b) < 1e-12;
}
