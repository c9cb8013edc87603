using Clamp.Losses.Samples.Training.Checkpoints;
using Clamp.Losses.Samples.Training.Logging;

namespace Clamp.Losses.Samples.Training;

/// <summary>Carries a run out in its folder: goes on from its newest checkpoint, logs, saves, and stops when a signal asks for it.</summary>
/// <param name="trainer">A new trainer.</param>
/// <param name="folder">The folder of the run.</param>
/// <param name="settings">How to carry it out.</param>
public sealed class TrainingRun(Pretrainer trainer, RunFolder folder, RunSettings settings)
{
    private readonly CheckpointFolder _checkpoints = new(folder.CheckpointFolder, settings.Checkpoints);
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

    /// <summary>Trains to the end, or until a signal.</summary>
    /// <returns>0, or the exit code of a process that a signal stopped.</returns>
    /// <exception cref="IOException">A file cannot be written, or another process is training in the folder.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN or infinite.</exception>
    public int Train()
    {
        using var signals = new StopSignals();
        using var metrics = new MetricsWriter(folder.MetricsFile, trainer.StepsDone);
        _checkpoints.RemoveUnfinished();
        var tensorBoard = new TensorBoardLog(folder.TensorBoardFolder, trainer.StepsDone);
        ProgressDisplay.Show(trainer.TotalSteps, trainer.StepsDone, settings.Quiet, display => trainer.Run(
            step => Record(step, metrics, tensorBoard, display), tensorBoard.WriteHistograms, signals.Stop));
        if (_stepSaved != trainer.StepsDone)
        {
            Save(metrics);
        }

        return signals.ExitCode;
    }

    private void Record(StepMetrics step, MetricsWriter metrics, TensorBoardLog tensorBoard, IProgressDisplay display)
    {
        metrics.Write(step);
        tensorBoard.Write(step);
        display.Report(step);
        Times += step.Times;
        WarnOfCollapseOnce(step, display);
        if (settings.Checkpoints.IsDue(step.Step, trainer.StepsPerEpoch))
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

    private void WarnOfCollapseOnce(StepMetrics step, IProgressDisplay display)
    {
        if (step.Verdict == PackingVerdict.Collapsed && !_hasCollapsed)
        {
            _hasCollapsed = true;
            display.Warn(
                $"the embeddings have collapsed at step {step.Step}: different images share one place, so a low loss means nothing. "
                + "Lower --learning-rate or, with --loss clamp, raise --radius-scale.");
        }
    }
}
