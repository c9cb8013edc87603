namespace Clamp.Losses.Packing.Cpu;

/// <summary>Work cut into chunks that may run at the same time, in any order, on any thread; it must not throw.</summary>
internal interface IChunkedWork
{
    /// <summary>Does one chunk.</summary>
    /// <param name="chunk">Its number.</param>
    /// <param name="chunks">How many there are.</param>
    void Run(int chunk, int chunks);
}
