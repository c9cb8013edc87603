using System.Runtime.InteropServices;
using System.Text;

namespace Clamp.Losses.Mpi;

/// <summary>
/// This process's part of the MPI job: begun once, by the first group, and ended with the process, since MPI cannot be begun again.
/// All groups share its communicator, so that whatever this process does last meets what the others wait in.
/// </summary>
internal sealed unsafe class MpiJob
{
    private static readonly Lazy<MpiJob> Begun = new(() => new MpiJob());

    private readonly nint _communicator;

    // MPI is left in an undefined state by a function that failed; MPI_Finalize would wait for ever.
    private bool _failed;

    private MpiJob()
    {
        RuntimeSignals.Keep();
        var library = MpiLibrary.Load(MpiLibrary.Names());
        Mpi.TakeFrom(library);
        Constants = MpiConstants.Of(library);
        Check(Mpi.MPI_Finalized(out var finalized), nameof(Mpi.MPI_Finalized));
        if (finalized != 0)
        {
            throw new InvalidOperationException("MPI has been finalised in this process, and cannot be begun again.");
        }

        Check(Mpi.MPI_Initialized(out var initialized), nameof(Mpi.MPI_Initialized));
        var ours = initialized == 0;
        if (ours)
        {
            Begin();
        }

        TakesCudaMemory = NativeLibrary.TryGetExport(library, "MPIX_Query_cuda_support", out var query) && ((delegate* unmanaged<int>)query)() == 1;
        Check(Mpi.MPI_Comm_dup(Constants.World, ref _communicator), nameof(Mpi.MPI_Comm_dup));
        Check(Mpi.MPI_Comm_set_errhandler(_communicator, Constants.ErrorsReturn), nameof(Mpi.MPI_Comm_set_errhandler));
        (Rank, Size) = Membership(_communicator);
        nint machine = 0;
        Check(Mpi.MPI_Comm_split_type(_communicator, Constants.SharedMemory, Rank, Constants.NoInfo, ref machine), nameof(Mpi.MPI_Comm_split_type));
        (LocalRank, LocalSize) = Membership(machine);
        Launcher.CheckSize(Size);
        if (!ours)
        {
            return;
        }

        AppDomain.CurrentDomain.UnhandledException += (_, thrown) => Abort(1, $"unhandled exception: {thrown.ExceptionObject}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => End(Environment.ExitCode);
    }

    /// <summary>The job; the first call begins it, together with all other processes.</summary>
    public static MpiJob Current => Begun.Value;

    public MpiConstants Constants { get; }

    /// <summary>Whether the library reads and writes a GPU's memory.</summary>
    public bool TakesCudaMemory { get; }

    public int Rank { get; }

    public int Size { get; }

    public int LocalRank { get; }

    public int LocalSize { get; }

    /// <summary>Held during a collective operation: MPI is entered by one thread at a time.</summary>
    public object Gate { get; } = new();

    /// <summary>Tells the others what this process calls, and hears what they call, in rank order.</summary>
    /// <exception cref="InvalidOperationException">The calls do not belong together; thrown on every member, none of which has sent data.</exception>
    public CollectiveCall[] Agree(CollectiveCall mine)
    {
        var numbers = new long[Size * CollectiveCall.Length];
        const int Bytes = CollectiveCall.Length * sizeof(long);
        fixed (long* sent = mine.Numbers.Span, received = numbers)
        {
            Check(Mpi.MPI_Allgather(sent, Bytes, Constants.Byte, received, Bytes, Constants.Byte, _communicator), nameof(Mpi.MPI_Allgather));
        }

        var calls = Enumerable.Range(0, Size)
            .Select(rank => new CollectiveCall(numbers.AsMemory(rank * CollectiveCall.Length, CollectiveCall.Length))).ToArray();
        return calls.All(calls[0].Matches) ? calls : throw new InvalidOperationException(Disagreement(calls));
    }

    public void AllReduceSum(void* data, int count, nint type) =>
        Check(Mpi.MPI_Allreduce((void*)Constants.InPlace, data, count, type, Constants.Sum, _communicator), nameof(Mpi.MPI_Allreduce));

    public void AllGather(void* sent, void* received, ReadOnlySpan<int> counts, ReadOnlySpan<int> offsets)
    {
        var type = Constants.Byte;
        fixed (int* count = counts, offset = offsets)
        {
            Check(Mpi.MPI_Allgatherv(sent, counts[Rank], type, received, count, offset, type, _communicator), nameof(Mpi.MPI_Allgatherv));
        }
    }

    public void Broadcast(void* data, int bytes, int root) =>
        Check(Mpi.MPI_Bcast(data, bytes, Constants.Byte, root, _communicator), nameof(Mpi.MPI_Bcast));

    private static string Disagreement(CollectiveCall[] calls)
    {
        var members = calls.Select((call, rank) => (Text: call.ToString(), rank)).GroupBy(member => member.Text, member => member.rank);
        var texts = members.Select(same => $"rank {string.Join(", ", same.Take(8))}{(same.Count() > 8 ? ", ..." : "")}: {same.Key}");
        return $"The group's members do not call the same: {string.Join("; ", texts)}.";
    }

    private void Begin()
    {
        Check(Mpi.MPI_Init_thread(null, null, Mpi.ThreadSerialized, out var provided), nameof(Mpi.MPI_Init_thread));
        if (provided < Mpi.ThreadSerialized)
        {
            throw new NotSupportedException($"The MPI library lets only its first thread call it (level {provided}); MPI_THREAD_SERIALIZED is needed.");
        }

        Check(Mpi.MPI_Comm_set_errhandler(Constants.World, Constants.ErrorsReturn), nameof(Mpi.MPI_Comm_set_errhandler));
    }

    private (int Rank, int Size) Membership(nint communicator)
    {
        Check(Mpi.MPI_Comm_rank(communicator, out var rank), nameof(Mpi.MPI_Comm_rank));
        Check(Mpi.MPI_Comm_size(communicator, out var size), nameof(Mpi.MPI_Comm_size));
        return (rank, size);
    }

    private void Check(int code, string operation)
    {
        if (code == 0)
        {
            return;
        }

        _failed = true;
        var text = stackalloc byte[4096];
        Mpi.MPI_Error_string(code, text, out var length);
        throw new MpiException(operation, code, Encoding.UTF8.GetString(text, length));
    }

    // MPI_Finalize waits for the others, so it is called only when they are known to come: all have told that they leave.
    private void End(int exitCode)
    {
        if (Size == 1 && !_failed)
        {
            _ = Mpi.MPI_Finalize();
            return;
        }

        if (exitCode != 0)
        {
            Abort(exitCode, $"left with exit code {exitCode}");
        }

        if (_failed || !Monitor.TryEnter(Gate))
        {
            Abort(1, _failed ? "left after MPI had failed" : "left while another of its threads was in a collective operation");
        }

        try
        {
            Agree(CollectiveCall.Of(Collective.Leave));
            _ = Mpi.MPI_Finalize();
        }
        catch (Exception exception) when (exception is MpiException or InvalidOperationException)
        {
            Abort(1, exception.Message);
        }
    }

    // Alone, a process ends by itself, with the runtime's own message.
    private void Abort(int exitCode, string reason)
    {
        if (Size == 1)
        {
            return;
        }

        Console.Error.WriteLine($"Rank {Rank} of {Size} ends the job: {reason}");
        Console.Error.Flush();
        Console.Out.Flush();
        _ = Mpi.MPI_Abort(Constants.World, exitCode);
    }
}
