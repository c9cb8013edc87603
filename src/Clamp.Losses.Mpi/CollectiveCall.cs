using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Mpi;

/// <summary>What a member of the group has called, in numbers, as the members tell each other before any data moves.</summary>
/// <param name="numbers">Operation, dtype, kind of device, root, dimensions and their sizes; those beyond the seventh are multiplied into it.</param>
internal readonly struct CollectiveCall(ReadOnlyMemory<long> numbers)
{
    /// <summary>How many numbers there are.</summary>
    public const int Length = 12;

    private const int FirstSize = 5;

    public ReadOnlyMemory<long> Numbers { get; } = numbers;

    public Collective Operation => (Collective)Numbers.Span[0];

    /// <summary>The first dimension.</summary>
    public long Rows => Numbers.Span[FirstSize];

    private int Dimensions => (int)Numbers.Span[4];

    public static CollectiveCall Of(Collective operation, Tensor? tensor = null, int root = 0)
    {
        var numbers = new long[Length];
        numbers[0] = (long)operation;
        if (tensor is not null)
        {
            numbers[1] = (long)tensor.dtype;
            numbers[2] = (long)tensor.device_type;
            numbers[3] = root;
            numbers[4] = tensor.dim();
            Array.Fill(numbers, 1, FirstSize, Length - FirstSize);
            var shape = tensor.shape;
            for (var dimension = 0; dimension < shape.Length; dimension++)
            {
                numbers[Math.Min(FirstSize + dimension, Length - 1)] *= shape[dimension];
            }
        }

        return new(numbers);
    }

    /// <summary>Whether the two calls belong together.</summary>
    public bool Matches(CollectiveCall other)
    {
        var mine = Numbers.Span;
        var others = other.Numbers.Span;
        return Operation == Collective.AllGather
            ? mine[..FirstSize].SequenceEqual(others[..FirstSize]) && mine[(FirstSize + 1)..].SequenceEqual(others[(FirstSize + 1)..])
            : mine.SequenceEqual(others);
    }

    public override string ToString()
    {
        var numbers = Numbers.Span;
        if (Operation is Collective.Barrier or Collective.Leave)
        {
            return Operation == Collective.Leave ? "left the job" : "Barrier";
        }

        var sizes = string.Join(", ", numbers.Slice(FirstSize, Math.Min(Dimensions, Length - FirstSize)).ToArray());
        var root = Operation == Collective.Broadcast ? $" from rank {numbers[3]}" : "";
        return $"{Operation} of {(ScalarType)numbers[1]} [{sizes}] on {(DeviceType)numbers[2]}{root}";
    }
}
