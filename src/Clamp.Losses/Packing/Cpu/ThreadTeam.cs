using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>Work cut into chunks that may run at the same time, in any order, on any thread; it must not throw.</summary>
internal interface IChunkedWork
{
    /// <summary>Does one chunk.</summary>
    /// <param name="chunk">Its number.</param>
    /// <param name="chunks">How many there are.</param>
    void Run(int chunk, int chunks);
}

/// <summary>
/// Runs chunks of work side by side. Where libtorch's own OpenMP threads can be had (GNU OpenMP, as in the Linux packages) it borrows
/// those: they still spin after the last matrix product, so a chunk starts within a microsecond, where waking a sleeping thread costs
/// more than a small kernel, and spinning threads would fight any others for the cores. Elsewhere it uses the thread pool.
/// </summary>
/// <param name="openMp">The address of GOMP_parallel, or 0 for the thread pool.</param>
internal sealed unsafe class ThreadTeam(nint openMp)
{
    // void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags)
    private readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> _openMp =
        (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)openMp;

    /// <summary>The team of this machine.</summary>
    public static ThreadTeam OfMachine { get; } = new(TorchLibrary.Function("GOMP_parallel"));

    /// <summary>Returns once every chunk is done.</summary>
    /// <typeparam name="TWork">The kind of work.</typeparam>
    /// <param name="work">The work.</param>
    /// <param name="chunks">Into how many chunks it is cut; results may depend on this, never on which thread does which chunk.</param>
    public void Run<TWork>(TWork work, int chunks)
        where TWork : unmanaged, IChunkedWork
    {
        if (chunks == 1)
        {
            work.Run(0, 1);
        }
        else if (_openMp != null)
        {
            var queue = new Queue(&work, &RunChunk<TWork>, chunks);
            _openMp(&DrainOnOpenMpThread, &queue, (uint)chunks, 0);
        }
        else
        {
            PooledWork.Run(&work, &RunChunk<TWork>, chunks);
        }
    }

    private static void RunChunk<TWork>(void* work, int chunk, int chunks)
        where TWork : unmanaged, IChunkedWork => Unsafe.AsRef<TWork>(work).Run(chunk, chunks);

    [UnmanagedCallersOnly]
    private static void DrainOnOpenMpThread(void* queue) => ((Queue*)queue)->Drain();

    /// <summary>Chunks that the threads of a team take one by one, so that a team of any size does all of them.</summary>
    private struct Queue(void* work, delegate*<void*, int, int, void> run, int chunks)
    {
        private readonly void* _work = work;
        private readonly delegate*<void*, int, int, void> _run = run;
        private readonly int _chunks = chunks;
        private int _taken;

        public int Drain()
        {
            int done = 0;
            for (int taken; (taken = Interlocked.Increment(ref _taken)) <= _chunks; done++)
            {
                _run(_work, taken - 1, _chunks);
            }

            return done;
        }
    }

    /// <summary>The same on the thread pool. On the heap, because a pool thread may come to it after all is done.</summary>
    private sealed class PooledWork : IThreadPoolWorkItem
    {
        private Queue _queue;
        private int _done;

        private PooledWork(void* work, delegate*<void*, int, int, void> run, int chunks) => _queue = new Queue(work, run, chunks);

        public static void Run(void* work, delegate*<void*, int, int, void> run, int chunks)
        {
            var pooled = new PooledWork(work, run, chunks);
            for (int helper = 1; helper < chunks; helper++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(pooled, preferLocal: false);
            }

            pooled.Execute();
            SpinWait.SpinUntil(() => Volatile.Read(ref pooled._done) == chunks);
        }

        public void Execute() => Interlocked.Add(ref _done, _queue.Drain());
    }
}
