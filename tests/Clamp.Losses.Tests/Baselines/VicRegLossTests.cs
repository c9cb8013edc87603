using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Baselines;

public sealed class VicRegLossTests : PairwiseLossContract
{
    [Fact]
    public void Forward_AllEqual_MissesTheWholeVariance() =>
        new VicRegLoss().forward(ones(2, 4, 3, dtype: float64)).Value().Should().BeApproximately(25 * (1 - 0.01), 1e-12);

    [Fact]
    public void Constructor_BadNumbers_NamesThem()
    {
        RejectsParameter(() => new VicRegLoss(invarianceWeight: -1), "invarianceWeight", "-1", "at least 0");
        RejectsParameter(() => new VicRegLoss(varianceWeight: double.NaN), "varianceWeight", "NaN", "at least 0");
        RejectsParameter(() => new VicRegLoss(covarianceWeight: -0.5), "covarianceWeight", "-0.5", "at least 0");
        RejectsParameter(() => new VicRegLoss(epsilon: 0), "epsilon", "0", "above 0");
    }

    protected override nn.Module<Tensor, Tensor> Criterion(IProcessGroup? group) => new VicRegLoss(processGroup: group);

    private protected override IEnumerable<(nn.Module<Tensor, Tensor> Criterion, BaselineGoldenCase Golden)> GoldenCases()
    {
        var golden = new BaselineGoldenCase("vicreg");
        var criterion = new VicRegLoss(
            golden.Number("invariance"), golden.Number("variance"), golden.Number("covariance"), golden.Number("eps"));
        return [(criterion, golden)];
    }
}
