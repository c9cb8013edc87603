using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// What processes that train together tell each other after a step, so that they stop together: whether one was asked to, and whether one
/// failed in what it alone does, such as writing to a disk.
/// </summary>
/// <param name="group">The processes.</param>
internal sealed class StepAgreement(IProcessGroup group)
{
    private ExceptionDispatchInfo? _fault;

    /// <summary>Does what may fail on one process alone; with others, the failure is thrown when they know of it.</summary>
    /// <param name="own">What to do.</param>
    public void Try(Action own)
    {
        try
        {
            own();
        }
        catch (Exception exception) when (group.WorldSize > 1)
        {
            _fault ??= ExceptionDispatchInfo.Capture(exception);
        }
    }

    /// <summary>Whether any process was asked to stop; the same on all.</summary>
    /// <param name="stop">Whether this one was.</param>
    /// <exception cref="OperationCanceledException">Another process failed.</exception>
    public bool IsToStop(CancellationToken stop)
    {
        if (group.WorldSize == 1)
        {
            return stop.IsCancellationRequested;
        }

        using var wishes = tensor(new double[] { stop.IsCancellationRequested ? 1 : 0, _fault is null ? 0 : 1 });
        group.AllReduceSum(wishes);
        _fault?.Throw();
        var numbers = wishes.data<double>().ToArray();
        return numbers[1] == 0
            ? numbers[0] > 0
            : throw new OperationCanceledException("Another process of the training failed; its own error says why.");
    }
}
