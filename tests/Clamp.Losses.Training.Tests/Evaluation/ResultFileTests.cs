using System.Text.Json;

namespace Clamp.Losses.Training.Tests;

public sealed class ResultFileTests : IDisposable
{
    private static readonly EvaluationSetting Setting = new(
        "Tiny", "encoder.dat", "ab12", "Shapes", 100, 20, 12, 16, 16, 3, new Dictionary<string, string> { [".NET"] = "10" });

    private readonly TemporaryFolder _temporary = new();

    private string Result => _temporary.PathOf("result.json");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Write_AProbe_CanBeReadBack() => ShouldReturn(new ProbeReport(
        Setting,
        new ProbeOptions { Optimizer = ProbeOptimizer.AdamW, LearningRates = [0.3, 1e-3], Augment = true },
        new ProbeResult(new Accuracy(1 / 3.0, 0.7), 0.3, [new(0.3, 0.25), new(1e-3, 0.125)]),
        Untrained: null));

    [Fact]
    public void Write_NeighbourScores_CanBeReadBack() =>
        ShouldReturn(new NeighbourReport(Setting, 0.07, [new(20, 0.5), new(200, 0.4)], [new(20, 0.1), new(200, 0.2)]));

    [Fact]
    public void Write_AFineTuning_CanBeReadBack()
    {
        var result = new FinetuneResult(new Accuracy(0.5, 0.9), 0.01, new FinetuneOptions { EncoderRateScale = 0.3 });
        ShouldReturn(new FinetuneReport(Setting, 10, 0.1, List: null, result, result with { FinalLoss = 2 }));
    }

    [Fact]
    public void Reserve_AnEarlierResult_RefusesAndKeepsIt()
    {
        File.WriteAllText(Result, "earlier");

        var act = () => ResultFile.Reserve(Result, replace: false);

        act.Should().Throw<IOException>().WithMessage($"'{Result}'*--output*--force*");
        File.ReadAllText(Result).Should().Be("earlier");
    }

    [Fact]
    public void Reserve_AFolderThatIsMissing_CreatesIt()
    {
        var result = Path.Combine(_temporary.Root.FullName, "new", "result.json");

        ResultFile.Reserve(result, replace: false);

        Directory.Exists(Path.GetDirectoryName(result)).Should().BeTrue();
    }

    private void ShouldReturn<T>(T report)
    {
        ResultFile.Write(Result, report);

        JsonSerializer.Deserialize<T>(File.ReadAllText(Result), ResultFile.Format).Should().BeEquivalentTo(report);
    }
}
