using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Baselines;

public sealed class MmcrLossTests : BaselineLossContract
{
    [Fact]
    public void Forward_AlignedViewsOfOrthogonalImages_IsMinusTheirNumber() =>
        new MmcrLoss().forward(3 * eye(5, dtype: float64).expand(4, 5, 5)).Value().Should().BeApproximately(-5, 1e-12);

    protected override nn.Module<Tensor, Tensor> Criterion(IProcessGroup? group) => new MmcrLoss(processGroup: group);

    private protected override IEnumerable<(nn.Module<Tensor, Tensor> Criterion, BaselineGoldenCase Golden)> GoldenCases() =>
        [(new MmcrLoss(), new BaselineGoldenCase("mmcr"))];
}
