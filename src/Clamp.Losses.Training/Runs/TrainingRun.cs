namespace Clamp.Losses.Training;

/// <summary>Carries a run out in its folder: goes on from its newest checkpoint, logs, saves, and stops when it is asked to.</summary>
/// <param name="trainer">A new trainer.</param>
/// <param name="folder">The folder of the run.</param>
/// <param name="checkpoints">When to save, and what to keep.</param>
/// <remarks>Nobody else trains in the folder until it is disposed.</remarks>
/// <exception cref="IOException">Another process trains in the folder, or it cannot be written.</exception>
public sealed class TrainingRun(Pretrainer trainer, RunFolder folder, CheckpointOptions checkpoints) : IDisposable
{
    private readonly IDisposable _exclusive = folder.Lock();
    private readonly CheckpointFolder _checkpoints = new(folder.CheckpointFolder, checkpoints);
    private int _stepSaved;
    private bool _hasCollapsed;

    /// <summary>Where the time of this process's steps went, added up.</summary>
    public StepTimes Times { get; private set; }

    /// <summary>Brings the trainer to the newest checkpoint of the folder; without one it stays at the beginning.</summary>
    /// <param name="warn">Told of each damaged checkpoint.</param>
    /// <exception cref="InvalidDataException">There are checkpoints, and all are damaged.</exception>
    /// <exception cref="ArgumentException">The checkpoint belongs to a run with other options or images.</exception>
    public void Restore(Action<string> warn)
    {
        _checkpoints.RestoreNewest(trainer, warn);
        _stepSaved = trainer.StepsDone;
    }

    /// <summary>Trains to the end, or until it is stopped between two steps; either way the last step is saved.</summary>
    /// <param name="progress">Told of each step, and of what the user should know.</param>
    /// <param name="stop">Ends the training after the present step.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN or infinite.</exception>
    public void Train(IRunProgress progress, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(progress);
        using var metrics = new MetricsWriter(folder.MetricsFile, trainer.StepsDone);
        _checkpoints.RemoveUnfinished();
        var tensorBoard = new TensorBoardLog(folder.TensorBoardFolder, trainer.StepsDone);
        trainer.Run(step => Record(step, metrics, tensorBoard, progress), tensorBoard.WriteHistograms, stop);
        if (_stepSaved != trainer.StepsDone)
        {
            Save(metrics);
        }
    }

    /// <summary>Lets others train in the folder.</summary>
    public void Dispose() => _exclusive.Dispose();

    private void Record(StepMetrics step, MetricsWriter metrics, TensorBoardLog tensorBoard, IRunProgress progress)
    {
        metrics.Write(step);
        tensorBoard.Write(step);
        progress.Report(step);
        Times += step.Times;
        WarnOfCollapseOnce(step, progress);
        if (checkpoints.IsDue(step.Step, trainer.StepsPerEpoch))
        {
            Save(metrics);
        }
    }

    // The metrics first, so that a checkpoint never knows more steps than they do, even after a power cut.
    private void Save(MetricsWriter metrics)
    {
        metrics.FlushToDisk();
        _checkpoints.Save(trainer);
        _stepSaved = trainer.StepsDone;
    }

    private void WarnOfCollapseOnce(StepMetrics step, IRunProgress progress)
    {
        if (step.Verdict == PackingVerdict.Collapsed && !_hasCollapsed)
        {
            _hasCollapsed = true;
            progress.Warn(
                $"the embeddings have collapsed at step {step.Step}: different images share one place, so a low loss means nothing. "
                + "Lower the learning rate or, with CLAMP, raise the radius scale.");
        }
    }
}
