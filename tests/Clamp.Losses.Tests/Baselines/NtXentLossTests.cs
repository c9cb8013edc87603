using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Baselines;

public sealed class NtXentLossTests : PairwiseLossContract
{
    [Fact]
    public void Forward_AllEqual_IsTheChanceOfGuessingThePartner() =>
        new NtXentLoss().forward(ones(2, 4, 3, dtype: float64)).Value().Should().BeApproximately(Math.Log(7), 1e-12);

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-1, "-1")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void Constructor_BadTemperature_NamesIt(double temperature, string given) =>
        RejectsParameter(() => new NtXentLoss(temperature), "temperature", given, "above 0");

    protected override nn.Module<Tensor, Tensor> Criterion(IProcessGroup? group) => new NtXentLoss(processGroup: group);

    private protected override IEnumerable<(nn.Module<Tensor, Tensor> Criterion, BaselineGoldenCase Golden)> GoldenCases() =>
        from name in new[] { "nt_xent_0_5", "nt_xent_0_1" }
        let golden = new BaselineGoldenCase(name)
        select ((nn.Module<Tensor, Tensor>)new NtXentLoss(golden.Number("temperature")), golden);
}
