namespace Clamp.Losses.Training.Tests;

/// <summary>Alone, because weights are drawn from torch's generator, which is the process's.</summary>
[Collection(nameof(PretrainerTests))]
public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly List<string> _warnings = [];

    private string Folder => Path.Combine(_temporary.Root.FullName, "checkpoints");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Save_KeepsTheNewestAndEveryNthEpoch()
    {
        var checkpoints = new CheckpointFolder(Folder, new CheckpointOptions { Keep = 2, KeepEveryEpochs = 2 });
        using var trainer = SmallRun.Trainer(SmallRun.Options with { Epochs = 4 });

        trainer.Run(_ => checkpoints.Save(trainer));

        Names().Should().Equal("step-00000006.ckpt", "step-00000010.ckpt", "step-00000011.ckpt", "step-00000012.ckpt");
    }

    [Fact]
    public void RestoreNewest_NoCheckpoint_LeavesTheTrainerAtTheBeginning()
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);

        Restore(trainer).Should().BeFalse();

        trainer.StepsDone.Should().Be(0);
    }

    [Fact]
    public void RestoreNewest_NewestDamaged_NamesItAndTakesTheOneBefore()
    {
        SaveSteps(1, 2, 3);
        Damage(3);
        using var trainer = SmallRun.Trainer(SmallRun.Options);

        Restore(trainer).Should().BeTrue();

        trainer.StepsDone.Should().Be(2);
        _warnings.Should().ContainSingle().Which.Should().Contain("step-00000003.ckpt").And.Contain("damaged");
    }

    [Fact]
    public void RestoreNewest_AllDamaged_SaysThatTheRunCannotBeResumed()
    {
        SaveSteps(1, 2);
        Damage(1);
        Damage(2);
        using var trainer = SmallRun.Trainer(SmallRun.Options);

        var act = () => Restore(trainer);

        act.Should().Throw<InvalidDataException>().WithMessage($"No checkpoint in '{Folder}' is whole (2 damaged)*");
        _warnings.Should().HaveCount(2);
    }

    [Fact]
    public void Save_NewestDamaged_KeepsOlderOnesThatAreWhole()
    {
        SaveSteps(1, 2, 3);
        Damage(2);
        Damage(3);
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        trainer.RunTo(4);

        new CheckpointFolder(Folder, new CheckpointOptions { Keep = 2 }).Save(trainer);

        Names().Should().Contain(["step-00000004.ckpt", "step-00000001.ckpt"]);
    }

    [Fact]
    public void Save_DivergedWeights_ThrowsAndKeepsTheEarlierOnes()
    {
        var checkpoints = new CheckpointFolder(Folder, new CheckpointOptions { Keep = 1 });
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        trainer.RunTo(1);
        checkpoints.Save(trainer);
        trainer.RunTo(2);
        using (torch.no_grad())
        {
            trainer.Encoder.parameters().Last()[0] = torch.tensor(float.NaN);
        }

        var act = () => checkpoints.Save(trainer);

        act.Should().Throw<TrainingDivergedException>().WithMessage("*NaN or infinite after step 2*");
        Names().Should().Equal("step-00000001.ckpt");
    }

    [Fact]
    public void RemoveUnfinished_LeavesWholeCheckpoints()
    {
        SaveSteps(1);
        File.WriteAllText(Path.Combine(Folder, "step-00000002.ckpt.tmp"), "half");

        Checkpoints().RemoveUnfinished();

        Names().Should().Equal("step-00000001.ckpt");
    }

    private CheckpointFolder Checkpoints() => new(Folder, new CheckpointOptions { Keep = 10 });

    private bool Restore(Pretrainer trainer) => Checkpoints().RestoreNewest(trainer, _warnings.Add);

    private void SaveSteps(params int[] steps)
    {
        using var trainer = SmallRun.Trainer(SmallRun.Options);
        foreach (var step in steps)
        {
            trainer.RunTo(step);
            Checkpoints().Save(trainer);
        }
    }

    private void Damage(int step)
    {
        using var file = File.OpenWrite(Path.Combine(Folder, $"step-{step:D8}.ckpt"));
        file.Position = file.Length / 2;
        file.Write("damage"u8);
    }

    private IEnumerable<string?> Names() => Directory.GetFiles(Folder).Select(Path.GetFileName).Order();
}
