using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class LarsTests
{
    private const double Rate = 0.5;
    private const double Momentum = 0.9;
    private const double Decay = 0.1;
    private const double Trust = 0.02;

    private static readonly double[] Start = [3, -4, 0.5, 2];
    private static readonly double[][] Gradients = [[1, -2, 0.25, 0], [-0.5, 3, 1, 2], [0.125, 0, -4, 1]];

    /// <summary>The recursion of solo-learn's LARS and of the paper's code, written out number by number.</summary>
    private static double[] ByHand(double[] weights, double[][] gradients)
    {
        var (w, v) = (weights.ToArray(), new double[weights.Length]);
        foreach (var gradient in gradients)
        {
            var (size, slope) = (Norm(w), Norm(gradient));
            double ratio = size == 0 || slope == 0 ? 1 : Trust * size / (slope + (size * Decay) + 1e-8);
            double decay = size == 0 || slope == 0 ? 0 : Decay;
            for (int i = 0; i < w.Length; i++)
            {
                v[i] = (Momentum * v[i]) + (ratio * (gradient[i] + (decay * w[i])));
            }

            for (int i = 0; i < w.Length; i++)
            {
                w[i] -= Rate * v[i];
            }
        }

        return w;
    }

    [Fact]
    public void Step_SomeSteps_MatchesTheRecursionInFloat64()
    {
        using var weight = new Parameter(tensor(Start).reshape(2, 2));

        Train(weight, Gradients);

        Values(weight).Should().Equal(ByHand(Start, Gradients), Nearly, "both are float64");
    }

    [Fact]
    public void Step_WeightsOfZero_AreNeitherScaledNorDecayed()
    {
        using var weight = new Parameter(zeros(2, 2, ScalarType.Float64));

        Train(weight, Gradients);

        Values(weight).Should().Equal(ByHand(new double[4], Gradients), Nearly);
        Values(weight).Should().Contain(value => Math.Abs(value) > 0.01);
    }

    [Fact]
    public void Step_GradientOfZero_KeepsTheWeights()
    {
        using var weight = new Parameter(tensor(Start).reshape(2, 2));

        Train(weight, [[0, 0, 0, 0]]);

        Values(weight).Should().Equal(Start);
    }

    [Fact]
    public void Step_BiasOrNorm_IsPlainMomentum()
    {
        using var bias = new Parameter(tensor(Start));

        Train(bias, Gradients[..2]);

        var expected = Start.Select((w, i) => w - (Rate * (((1 + Momentum) * Gradients[0][i]) + Gradients[1][i])));
        Values(bias).Should().Equal(expected, Nearly, "no scaling and no decay");
    }

    [Fact]
    public void Step_LargerGradients_MoveWeightsAsFar()
    {
        using var weight = new Parameter(tensor(Start).reshape(2, 2));
        using var steeper = new Parameter(tensor(Start).reshape(2, 2));

        using var small = new Lars([weight], Rate);
        using var large = new Lars([steeper], Rate);
        Step(small, weight, Gradients[0]);
        Step(large, steeper, Gradients[0].Select(g => 1000 * g).ToArray());

        Values(steeper).Should().Equal(Values(weight), (a, b) => Math.Abs(a - b) < 1e-9, "without decay the ratio takes the scale away");
        Distance(Values(weight), Start).Should().BeApproximately(
            Rate * 0.001 * Norm(Start), 1e-9, "eta is the share of its norm that a step of rate 1 changes");
    }

    [Fact]
    public void Step_ParameterWithoutGradient_StaysAsItIs()
    {
        using var used = new Parameter(tensor(Start).reshape(2, 2));
        using var unused = new Parameter(tensor(Start).reshape(2, 2));
        using var optimizer = new Lars([used, unused], Rate, Momentum, Decay, Trust);

        Step(optimizer, used, Gradients[0]);

        Values(unused).Should().Equal(Start);
        Values(used).Should().NotEqual(Start);
    }

    [Fact]
    public void LoadStateDict_HalfWay_ContinuesBitForBit()
    {
        using var whole = new Parameter(tensor(Start).reshape(2, 2));
        Train(whole, Gradients);
        using var first = new Parameter(tensor(Start).reshape(2, 2));
        using var state = new MemoryStream();
        using (var before = new Lars([first], Rate, Momentum, Decay, Trust))
        {
            Step(before, first, Gradients[0]);
            before.save_state_dict(new BinaryWriter(state));
        }

        using var second = new Parameter(first.detach().clone());
        using var after = new Lars([second], Rate, Momentum, Decay, Trust);
        state.Position = 0;
        after.load_state_dict(new BinaryReader(state));
        Array.ForEach(Gradients[1..], gradient => Step(after, second, gradient));

        Values(second).Should().Equal(Values(whole));
    }

    [Fact]
    public void Step_LaterSteps_KeepNoMoreTensorsAlive()
    {
        using var weight = new Parameter(tensor(Start).reshape(2, 2));
        using var optimizer = new Lars([weight], Rate, Momentum, Decay, Trust);
        var live = new List<long>();
        for (int i = 0; i < 5; i++)
        {
            Step(optimizer, weight, Gradients[0]);
            live.Add(LiveTensors.Count);
        }

        live[2..].Should().OnlyContain(count => count == live[1]);
    }

    private static void Train(Parameter parameter, double[][] gradients)
    {
        using var optimizer = new Lars([parameter], Rate, Momentum, Decay, Trust);
        Array.ForEach(gradients, gradient => Step(optimizer, parameter, gradient));
    }

    private static void Step(Lars optimizer, Parameter parameter, double[] gradient)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        (parameter * tensor(gradient).reshape(parameter.shape)).sum().backward();
        optimizer.step();
    }

    private static double[] Values(Parameter parameter) => parameter.data<double>().ToArray();

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));

    private static double Distance(double[] a, double[] b) => Norm(a.Zip(b, (x, y) => x - y).ToArray());

    private static bool Nearly(double a, double b) => Math.Abs(a - b) < 1e-12;
}
