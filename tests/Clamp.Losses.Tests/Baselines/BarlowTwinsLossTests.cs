using Clamp.Losses.Tests.Golden;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Baselines;

public sealed class BarlowTwinsLossTests : PairwiseLossContract
{
    [Fact]
    public void Constructor_BadWeight_NamesIt() =>
        RejectsParameter(() => new BarlowTwinsLoss(-0.005), "redundancyWeight", "-0.005", "at least 0");

    protected override nn.Module<Tensor, Tensor> Criterion(IProcessGroup? group) => new BarlowTwinsLoss(processGroup: group);

    private protected override IEnumerable<(nn.Module<Tensor, Tensor> Criterion, BaselineGoldenCase Golden)> GoldenCases()
    {
        var golden = new BaselineGoldenCase("barlow_twins");
        return [(new BarlowTwinsLoss(golden.Number("lambda_param")), golden)];
    }
}
