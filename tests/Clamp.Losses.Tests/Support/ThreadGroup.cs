using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Support;

/// <summary>A process group whose members are threads of this process: what many processes compute, without starting any.</summary>
internal sealed class ThreadGroup : IProcessGroup
{
    private readonly Meeting _meeting;

    private ThreadGroup(Meeting meeting, int rank) => (_meeting, Rank) = (meeting, rank);

    public int Rank { get; }

    public int WorldSize => _meeting.Given.Length;

    /// <summary>How many collective operations this member has called.</summary>
    public int Calls { get; private set; }

    /// <summary>Runs every member on a thread of its own and returns what each gave, in rank order.</summary>
    /// <param name="worldSize">How many members.</param>
    /// <param name="work">What each does; a member that throws ends the waiting of all others.</param>
    /// <exception cref="AggregateException">Members threw.</exception>
    public static T[] Run<T>(int worldSize, Func<ThreadGroup, T> work)
    {
        using var meeting = new Meeting(worldSize);
        var results = new T[worldSize];
        var faults = new List<Exception>();
        var threads = Enumerable.Range(0, worldSize).Select(rank => new Thread(() => Member(rank))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return faults.Count == 0 ? results : throw new AggregateException(faults);

        void Member(int rank)
        {
            try
            {
                results[rank] = work(new ThreadGroup(meeting, rank));
            }
            catch (Exception exception)
            {
                lock (faults)
                {
                    faults.Add(exception);
                }

                meeting.GiveUp.Cancel();
            }
        }
    }

    /// <summary>One image for the first member, more for each that follows.</summary>
    public static long[] Shares(long images, int members)
    {
        var shares = Enumerable.Range(1, members).Select(member => member == 1 ? 1L : Math.Max(1, images * member / 20)).ToArray();
        shares[^1] += images - shares.Sum();
        return shares;
    }

    /// <summary>This member's images of embeddings [V, all, D].</summary>
    public Tensor Own(Tensor embeddings, long[] shares) => embeddings.narrow(1, shares[..Rank].Sum(), shares[Rank]);

    public Tensor AllGather(Tensor local) => Exchange(local, given => cat(given, 0));

    public void AllReduceSum(Tensor tensor)
    {
        using var sum = Exchange(tensor, given => given.Aggregate(zeros_like(tensor), (total, one) => total.add_(one, KeptScalars.One)));
        tensor.copy_(sum);
    }

    public void Broadcast(Tensor tensor, int root)
    {
        using var sent = Exchange(tensor, given => given[root].clone());
        tensor.copy_(sent);
    }

    public void Barrier() => Exchange(zeros(1), given => given[0].clone()).Dispose();

    private Tensor Exchange(Tensor local, Func<Tensor[], Tensor> combine)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        Calls++;
        _meeting.Given[Rank] = local.detach();
        _meeting.Wait();
        var given = _meeting.Given.ToArray();
        if (given.Any(one => one.dtype != local.dtype || !one.shape.Skip(1).SequenceEqual(local.shape.Skip(1))))
        {
            throw new InvalidOperationException("The members' tensors do not match: a collective operation is out of order.");
        }

        var result = combine(given);
        _meeting.Wait();
        return result.MoveToOuterDisposeScope();
    }

    private sealed class Meeting(int members) : IDisposable
    {
        private readonly Barrier _barrier = new(members);

        public Tensor[] Given { get; } = new Tensor[members];

        public CancellationTokenSource GiveUp { get; } = new(TimeSpan.FromMinutes(1));

        public void Wait() => _barrier.SignalAndWait(GiveUp.Token);

        public void Dispose()
        {
            _barrier.Dispose();
            GiveUp.Dispose();
        }
    }
}
