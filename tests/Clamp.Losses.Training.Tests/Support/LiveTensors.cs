namespace Clamp.Losses.Training.Tests;

internal static class LiveTensors
{
    /// <summary>The tensors of this thread that nobody has disposed.</summary>
    public static long Count => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
}
