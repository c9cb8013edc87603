using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Baselines;

public sealed class AlignmentUniformityLossTests : PairwiseLossContract
{
    [Fact]
    public void Forward_AlignedViewsOfTwoOppositeImages_IsTheirRepulsion()
    {
        var opposite = tensor(new double[] { 1, 0, -1, 0 }).reshape(1, 2, 2).expand(2, 2, 2);

        new AlignmentUniformityLoss(uniformityScale: 3).forward(opposite).Value().Should().BeApproximately(-3 * 4, 1e-12);
    }

    [Fact]
    public void Constructor_BadNumbers_NamesThem()
    {
        RejectsParameter(() => new AlignmentUniformityLoss(alignmentExponent: 0.5), "alignmentExponent", "0.5", "at least 1");
        RejectsParameter(() => new AlignmentUniformityLoss(uniformityScale: 0), "uniformityScale", "0", "above 0");
    }

    protected override nn.Module<Tensor, Tensor> Criterion(IProcessGroup? group) => new AlignmentUniformityLoss(processGroup: group);

    private protected override IEnumerable<(nn.Module<Tensor, Tensor> Criterion, BaselineGoldenCase Golden)> GoldenCases()
    {
        var golden = new BaselineGoldenCase("alignment_uniformity");
        return [(new AlignmentUniformityLoss(golden.Number("alpha"), golden.Number("t")), golden)];
    }
}
