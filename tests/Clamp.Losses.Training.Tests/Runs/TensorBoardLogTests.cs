using Tensorboard;

namespace Clamp.Losses.Training.Tests;

public sealed class TensorBoardLogTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "tensorboard");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Write_Scalars_AreInTheFileAtOnce()
    {
        var log = new TensorBoardLog(Folder, stepsDone: 0);

        log.Write(Step(1));
        log.Write(Step(2));

        Values("training/loss").Should().Equal((1, -0.5f), (2, -0.5f));
        Values("packing/mean_radius").Should().Equal((1, 0.125f), (2, 0.125f));
        Values("seconds/encoder").Should().HaveCount(2);
    }

    [Fact]
    public void WriteHistograms_CountEachSubManifoldAndEachPair()
    {
        const int Images = 6;
        using var loss = new ClampLoss();
        using var embeddings = torch.randn([3, Images, 4], generator: new torch.Generator(7));
        using var geometry = loss.Measure(embeddings);
        var log = new TensorBoardLog(Folder, stepsDone: 0);

        log.WriteHistograms(5, geometry);

        Histogram("packing/radius").Num.Should().Be(Images);
        Histogram("packing/centroid_norm").Num.Should().Be(Images);
        var distances = Histogram("packing/centroid_distance");
        distances.Num.Should().Be(Images * (Images - 1) / 2);
        (distances.Sum / distances.Num).Should().BeApproximately(geometry.MeanCentroidDistance, 1e-5, "1e-6 is the loss's floor under d");
        distances.Bucket.Sum().Should().Be(distances.Num);
    }

    [Fact]
    public void WriteHistograms_KeepsNoTensorsAlive()
    {
        using var loss = new ClampLoss();
        using var embeddings = torch.randn([3, 6, 4]);
        using var geometry = loss.Measure(embeddings);
        var log = new TensorBoardLog(Folder, stepsDone: 0);
        var before = LiveTensors.Count;

        log.WriteHistograms(1, geometry);

        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void Constructor_AfterAStep_CutsOffWhatLiesBeyond()
    {
        var first = new TensorBoardLog(Folder, stepsDone: 0);
        Array.ForEach([1, 2, 3], step => first.Write(Step(step)));

        new TensorBoardLog(Folder, stepsDone: 2).Write(Step(3));

        Values("training/loss").Select(value => value.Step).Should().Equal(1, 2, 3);
        Directory.GetFiles(Folder).Should().HaveCount(2, "each process has a file of its own");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(40)]
    public void Constructor_RecordCutByAKill_IsRemoved(int missingBytes)
    {
        var first = new TensorBoardLog(Folder, stepsDone: 0);
        Array.ForEach([1, 2], step => first.Write(Step(step)));
        var path = Directory.GetFiles(Folder).Single();
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(file.Length - missingBytes);
        }

        _ = new TensorBoardLog(Folder, stepsDone: 2);

        Records.Read(path).Should().OnlyContain(record => record.ChecksumsAreRight);
        Values("training/loss").Should().HaveCount(2);
    }

    private static StepMetrics Step(int step) =>
        new(step, 1, -0.5, 0.25, 12.5, 3, 0.125, 0, 1, 2, PackingVerdict.InContact, new StepTimes(0.5, 0.25, 0.125, 1, 2), new ParameterNorms(4, 8, 16, 32));

    private IEnumerable<(long Step, float Value)> Values(string tag) => Events()
        .SelectMany(read => read.Summary?.Value.Where(value => value.Tag == tag).Select(value => (read.Step, value.SimpleValue)) ?? [])
        .OrderBy(value => value.Step);

    private HistogramProto Histogram(string tag) =>
        Events().SelectMany(read => read.Summary?.Value.AsEnumerable() ?? []).Single(value => value.Tag == tag).Histo;

    private IEnumerable<Event> Events() => Directory.GetFiles(Folder).SelectMany(Records.Read).Select(record =>
    {
        record.ChecksumsAreRight.Should().BeTrue();
        return Event.Parser.ParseFrom(record.Data);
    });
}
