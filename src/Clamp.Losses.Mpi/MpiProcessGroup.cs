using Clamp.Losses.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Mpi;

/// <summary>
/// All processes that <c>mpirun</c> or <c>srun</c> started, over the system's MPI library; a process started without them is a group of one.
/// </summary>
/// <remarks>
/// Every operation first lets the members tell each other what they call. Calls that do not belong together (another operation, dtype or
/// shape) are an <see cref="InvalidOperationException"/> on every member, before data moves; the group can be used further.
/// The first group begins MPI; it ends with the process. A process that ends with an unhandled exception, or with an exit code other
/// than 0, ends the whole job.
/// </remarks>
public sealed unsafe class MpiProcessGroup : IProcessGroup, IDisposable
{
    private readonly MpiJob _job;
    private bool _disposed;

    /// <summary>Joins the job; the first group of a process waits for all other processes to make theirs.</summary>
    /// <exception cref="DllNotFoundException">No MPI library is installed.</exception>
    /// <exception cref="MpiException">MPI does not start.</exception>
    /// <exception cref="InvalidOperationException">MPI was finalised in this process, or its library is not that of the launcher.</exception>
    public MpiProcessGroup() => _job = MpiJob.Current;

    /// <inheritdoc/>
    public int Rank => _job.Rank;

    /// <inheritdoc/>
    public int WorldSize => _job.Size;

    /// <summary>This process's number among those on its machine, from 0: which of the machine's GPUs is its own.</summary>
    public int LocalRank => _job.LocalRank;

    /// <summary>The number of processes on this machine, which share its cores; at least 1.</summary>
    public int LocalWorldSize => _job.LocalSize;

    /// <summary>
    /// Bytes of data that this member has put into this group's operations: its tensor in <see cref="AllGather"/> and
    /// <see cref="AllReduceSum"/>, and in <see cref="Broadcast"/> on the sender. Half precision is summed in float32, and counted so.
    /// How often MPI's algorithms pass a byte on is not counted, nor are the 96 bytes by which members tell each other what they call.
    /// </summary>
    public long BytesSent { get; private set; }

    /// <summary>The number of this group's operations that this member has completed.</summary>
    public long Calls { get; private set; }

    /// <summary>The most bytes that one call of MPI moves: it counts in 32 bits, and so do parts of its libraries.</summary>
    internal int LargestPiece { get; set; } = 1 << 30;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tensor is a scalar.</exception>
    /// <exception cref="InvalidOperationException">The members' calls do not belong together; on every member.</exception>
    /// <exception cref="MpiException">MPI failed.</exception>
    public Tensor AllGather(Tensor local)
    {
        ArgumentNullException.ThrowIfNull(local);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        lock (_job.Gate)
        {
            var calls = Agree(CollectiveCall.Of(Collective.AllGather, local));
            if (local.dim() == 0)
            {
                throw new ArgumentException("A scalar cannot be gathered; the tensor must have at least one dimension.", nameof(local));
            }

            var shape = local.shape;
            shape[0] = calls.Sum(call => call.Rows);
            var sent = Reachable(local.contiguous());
            var gathered = empty(shape, dtype: local.dtype, device: sent.device);
            if (sent.device_type != local.device_type)
            {
                gathered = gathered.pin_memory();
            }

            var rowBytes = shape.Skip(1).Aggregate(local.ElementSize, (bytes, size) => bytes * size);
            var rows = calls.Select(call => call.Rows).ToArray();
            if (rows.Sum() * rowBytes <= LargestPiece)
            {
                GatherAtOnce(sent, gathered, [.. rows.Select(count => (int)(count * rowBytes))]);
            }
            else
            {
                GatherInTurn(sent, gathered, rows);
            }

            BytesSent += rows[Rank] * rowBytes;
            return gathered.to(local.device).MoveToOuterDisposeScope();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The dtype is not float32, float64, float16, bfloat16 or int64.</exception>
    /// <exception cref="InvalidOperationException">The members' calls do not belong together; on every member.</exception>
    /// <exception cref="MpiException">MPI failed.</exception>
    public void AllReduceSum(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        lock (_job.Gate)
        {
            Agree(CollectiveCall.Of(Collective.AllReduceSum, tensor));
            var (dtype, type) = Summed(tensor.dtype);
            var sum = Reachable(tensor.to(dtype).contiguous());
            var data = (byte*)TensorMemory.Of(sum);
            foreach (var (first, bytes) in Pieces(Bytes(sum)))
            {
                _job.AllReduceSum(data + first, (int)(bytes / sum.ElementSize), type);
            }

            PutBack(sum, tensor);
            BytesSent += Bytes(sum);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="InvalidOperationException">The members' calls do not belong together; on every member.</exception>
    /// <exception cref="MpiException">MPI failed.</exception>
    public void Broadcast(Tensor tensor, int root)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        lock (_job.Gate)
        {
            Agree(CollectiveCall.Of(Collective.Broadcast, tensor, root));
            if (root < 0 || root >= WorldSize)
            {
                throw new ArgumentOutOfRangeException(nameof(root), root, $"The group's ranks are 0 to {WorldSize - 1}.");
            }

            var copy = Reachable(tensor.contiguous());
            SendFrom(root, copy);
            PutBack(copy, tensor);
            BytesSent += Rank == root ? Bytes(copy) : 0;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The members' calls do not belong together; on every member.</exception>
    /// <exception cref="MpiException">MPI failed.</exception>
    public void Barrier()
    {
        lock (_job.Gate)
        {
            Agree(CollectiveCall.Of(Collective.Barrier)); // Nobody hears what all call before all have called.
        }
    }

    /// <summary>Ends the use of this group, without waiting for the others; MPI itself ends with the process.</summary>
    public void Dispose() => _disposed = true;

    private CollectiveCall[] Agree(CollectiveCall mine)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Calls++;
        return _job.Agree(mine);
    }

    private (ScalarType Computed, nint Type) Summed(ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 => (ScalarType.Float32, _job.Constants.Float),
        ScalarType.Float64 => (dtype, _job.Constants.Double),
        ScalarType.Int64 => (dtype, _job.Constants.Int64),
        _ => throw new NotSupportedException($"A tensor of {dtype} cannot be summed; float32, float64, float16, bfloat16 and int64 can."),
    };

    private void GatherAtOnce(Tensor local, Tensor gathered, int[] bytes)
    {
        var offsets = bytes.Select((_, rank) => bytes[..rank].Sum()).ToArray();
        _job.AllGather(TensorMemory.Of(local), TensorMemory.Of(gathered), bytes, offsets);
        GC.KeepAlive(local);
        GC.KeepAlive(gathered);
    }

    // MPI's offsets count in 32 bits: where they do not reach, one member sends after the other.
    private void GatherInTurn(Tensor local, Tensor gathered, long[] rows)
    {
        var parts = gathered.split(rows, 0);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            SendFrom(rank, rank == Rank ? local : parts[rank]);
        }

        parts[Rank].copy_(local);
    }

    private void SendFrom(int root, Tensor tensor)
    {
        var data = (byte*)TensorMemory.Of(tensor);
        foreach (var (first, length) in Pieces(Bytes(tensor)))
        {
            _job.Broadcast(data + first, (int)length, root);
        }

        GC.KeepAlive(tensor);
    }

    private static long Bytes(Tensor tensor) => tensor.numel() * tensor.ElementSize;

    private IEnumerable<(long First, long Length)> Pieces(long bytes)
    {
        for (var first = 0L; first < bytes; first += LargestPiece)
        {
            yield return (first, Math.Min(LargestPiece, bytes - first));
        }
    }

    // Memory that MPI reads and writes: the tensor's own, or pinned memory of the host for a GPU's tensor that MPI cannot reach.
    private Tensor Reachable(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CUDA)
        {
            return tensor;
        }

        cuda.synchronize(tensor.device);
        return _job.TakesCudaMemory ? tensor : empty_like(tensor, device: CPU).pin_memory().copy_(tensor);
    }

    private static void PutBack(Tensor result, Tensor tensor)
    {
        if (TensorMemory.Of(result) != TensorMemory.Of(tensor))
        {
            tensor.copy_(result);
        }

        GC.KeepAlive(result);
    }
}
