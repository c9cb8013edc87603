using System.Globalization;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Distributed;

/// <summary>
/// What the members of a group tell each other before they compute together: one gathering of a few numbers. Members that would compute
/// different things, or wait for each other for ever, all get an error instead.
/// </summary>
internal static class GroupAgreement
{
    // What one member tells, filled up with zeros, so that one that refuses need not know how much the others tell.
    private const int Numbers = 16;

    /// <summary>Learns where this process's images stand in the batch of all.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="call">What this process will compute.</param>
    /// <param name="facts">
    /// What must be the same on all, beside the call, V, D, dtype and whether there is a graph: ten at most; values are numbers or members
    /// of enumerations.
    /// </param>
    /// <exception cref="InvalidOperationException">Members differ, or one of them refused its embeddings; the message says which.</exception>
    public static BatchPart Of(IProcessGroup group, Tensor embeddings, GroupCall call, params ReadOnlySpan<(string Name, object Value)> facts)
    {
        // The call first: facts of different calls are not to be compared.
        (string Name, object Value)[] agreed =
            [("the call", call), ("V", embeddings.shape[0]), ("D", embeddings.shape[2]), ("the dtype", embeddings.dtype), .. facts];
        var backPropagated = call is not (GroupCall.LossAndGradient or GroupCall.Measure) && embeddings.requires_grad && is_grad_enabled();
        var members = Gather(
            group,
            [embeddings.shape[1], backPropagated ? 1 : 0, .. agreed.Select(fact => Convert.ToDouble(fact.Value, CultureInfo.InvariantCulture))]);
        var refusing = Array.FindIndex(members, member => double.IsNaN(member[0]));
        if (refusing >= 0)
        {
            throw new InvalidOperationException($"Rank {refusing} of the process group refused its embeddings, or could not compute them; its own error says why.");
        }

        for (int fact = 0; fact < agreed.Length; fact++)
        {
            var place = fact + 2;
            var other = Array.FindIndex(members, member => member[place] != members[0][place]);
            if (other >= 0)
            {
                throw new InvalidOperationException(
                    $"The members of the process group disagree: {agreed[fact].Name} is {Text(members[0][place], agreed[fact].Value)} on "
                    + $"rank 0 and {Text(members[other][place], agreed[fact].Value)} on rank {other}.");
            }
        }

        var with = Array.FindIndex(members, member => member[1] == 1);
        var without = Array.FindIndex(members, member => member[1] == 0);
        if (with >= 0 && without >= 0)
        {
            throw new InvalidOperationException(
                $"The members of the process group disagree: the embeddings require a gradient on rank {with} but not on rank {without}, "
                + $"or rank {without} is inside no_grad.");
        }

        return new BatchPart(group, Images(members[..group.Rank]), Images(members));
    }

    /// <summary>What a process does by itself before all agree; where it fails, the others are told, so that they do not wait for it.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="prepare">What it does.</param>
    /// <exception cref="AggregateException">It failed, and so did telling the others, who are elsewhere: both reasons.</exception>
    public static T OrRefuse<T>(IProcessGroup group, Func<T> prepare)
    {
        try
        {
            return prepare();
        }
        catch (Exception failure)
        {
            Refuse(group, failure);
            throw;
        }
    }

    private static void Refuse(IProcessGroup group, Exception failure)
    {
        if (group.WorldSize == 1)
        {
            return;
        }

        try
        {
            Gather(group, [double.NaN]);
        }
        catch (Exception untold)
        {
            throw new AggregateException(failure, untold);
        }
    }

    private static unsafe double[][] Gather(IProcessGroup group, double[] own)
    {
        using var scope = NewDisposeScope();
        var told = zeros([Numbers], float64, CPU);
        own.CopyTo(new Span<double>(TensorMemory.Of(told), Numbers));
        using var gathered = group.AllGather(told);
        return TensorMemory.Doubles(gathered).Chunk(Numbers).ToArray();
    }

    private static long Images(IEnumerable<double[]> members) => (long)members.Sum(member => member[0]);

    private static string Text(double value, object like) => like switch
    {
        Enum => Enum.ToObject(like.GetType(), (int)value).ToString()!,
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
