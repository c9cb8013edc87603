namespace Clamp.Losses.Training.Tests;

/// <summary>Alone, because weights are drawn from torch's generator and it is the process's.</summary>
[Collection(nameof(PretrainerTests))]
public sealed class RunHeadTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Pretrainer _trainer = SmallRun.Trainer(SmallRun.Options);
    private readonly RunFolder _folder;
    private readonly CheckpointFolder _checkpoints;
    private readonly ResNet _encoder = SmallRun.Options.InitialEncoder(torch.CPU);
    private readonly ProjectionHead _head = new(64, SmallRun.Options.Projection);

    public RunHeadTests()
    {
        _folder = RunFolder.Create(Path.Combine(_temporary.Root.FullName, "run"), SmallRun.Options);
        _checkpoints = new CheckpointFolder(_folder.CheckpointFolder, new CheckpointOptions());
        _trainer.RunTo(2);
    }

    public void Dispose()
    {
        _temporary.Dispose();
        _trainer.Dispose();
        _encoder.Dispose();
        _head.Dispose();
    }

    [Fact]
    public void LoadEncoderAndHead_OfAFinishedRun_TakesTheHeadOfItsLastCheckpoint()
    {
        _checkpoints.Save(_trainer);
        _folder.SaveEncoder(_trainer.Encoder);

        _folder.LoadEncoderAndHead(_encoder, _head);

        var state = _trainer.State();
        _head.state_dict().Where(entry => state.AsSpan().IndexOf(entry.Value.bytes) < 0).Should().BeEmpty();
        _encoder.state_dict()["conv1.weight"].bytes.ToArray().Should().Equal(_trainer.Encoder.state_dict()["conv1.weight"].bytes.ToArray());
    }

    [Fact]
    public void LoadEncoderAndHead_WithACheckpointOfAnEarlierStep_Refuses()
    {
        _checkpoints.Save(_trainer);
        _trainer.RunTo(3);
        _folder.SaveEncoder(_trainer.Encoder);

        Refused();
    }

    [Fact]
    public void LoadEncoderAndHead_WithoutCheckpoints_Refuses()
    {
        _folder.SaveEncoder(_trainer.Encoder);

        Refused();
    }

    private void Refused()
    {
        var load = () => _folder.LoadEncoderAndHead(_encoder, _head);

        load.Should().Throw<InvalidDataException>().WithMessage("*checkpoints' holds no whole checkpoint of the run's end*");
    }
}
