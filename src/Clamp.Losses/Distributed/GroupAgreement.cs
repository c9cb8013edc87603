using System.Globalization;
using static TorchSharp.torch;

namespace Clamp.Losses.Distributed;

/// <summary>
/// What the members of a group tell each other before they compute together: one gathering of a few numbers. Members that would compute
/// different things, or wait for each other for ever, all get an error instead.
/// </summary>
internal static class GroupAgreement
{
    private static readonly (string Name, Func<double, string> Text)[] MustAgree =
    [
        ("the call", value => value == Refusal ? "(refused: its own error says why)" : ((GroupCall)value).ToString()),
        ("the backend", value => ((ClampBackend)value).ToString()),
        ("the dtype", value => ((ScalarType)value).ToString()),
        ("V", Number),
        ("D", Number),
        (nameof(ClampLossOptions.RadiusScale), Number),
        (nameof(ClampLossOptions.PotentialExponent), Number),
        (nameof(ClampLossOptions.RepulsionWeight), Number),
        (nameof(ClampLossOptions.SizeWeight), Number),
        (nameof(ClampLossOptions.MinSeparation), Number),
        (nameof(ClampLossOptions.MaxContactDistance), Number),
        (nameof(ClampLossOptions.LogEnergy), value => (value != 0).ToString()),
    ];

    private const double Refusal = -1;

    /// <summary>Learns where this process's images stand in the batch of all.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="call">What this one is about to do.</param>
    /// <param name="backend">By what.</param>
    /// <param name="embeddings">z, [V, B, D].</param>
    /// <param name="options">Valid options.</param>
    /// <exception cref="InvalidOperationException">Members differ, or one of them refused its embeddings; the message says which.</exception>
    public static BatchPart Of(
        IProcessGroup group, GroupCall call, ClampBackend backend, Tensor embeddings, ClampLossOptions options)
    {
        var images = embeddings.shape[1];
        if (group.WorldSize == 1)
        {
            return BatchPart.Whole(images);
        }

        var members = Exchange(
            group,
            [
                (double)call, (double)backend, (double)embeddings.dtype, embeddings.shape[0], embeddings.shape[2], options.RadiusScale,
                options.PotentialExponent, options.RepulsionWeight, options.SizeWeight, options.MinSeparation,
                options.MaxContactDistance, options.LogEnergy ? 1 : 0, images,
            ]);
        return new BatchPart(group, Images(members[..group.Rank]), Images(members));
    }

    /// <summary>Tells the others that this process will not compute, so that they do not wait for it.</summary>
    /// <param name="group">The processes.</param>
    public static void Refuse(IProcessGroup group)
    {
        if (group.WorldSize > 1)
        {
            var refusal = new double[MustAgree.Length + 1];
            refusal[0] = Refusal;
            Gather(group, refusal);
        }
    }

    private static double[][] Exchange(IProcessGroup group, double[] own)
    {
        var members = Gather(group, own);
        var first = members[0];
        for (int place = 0; place < MustAgree.Length; place++)
        {
            var (name, text) = MustAgree[place];
            var other = Array.FindIndex(members, member => !member[place].Equals(first[place]));
            if (other >= 0)
            {
                throw new InvalidOperationException(
                    $"The members of the process group disagree: {name} is {text(first[place])} on rank 0 and "
                    + $"{text(members[other][place])} on rank {other}.");
            }
        }

        return first[0] == Refusal
            ? throw new InvalidOperationException("All other members of the process group refused their embeddings.")
            : members;
    }

    private static double[][] Gather(IProcessGroup group, double[] own)
    {
        using var scope = NewDisposeScope();
        return group.AllGather(tensor(own)).data<double>().ToArray().Chunk(own.Length).ToArray();
    }

    private static long Images(IEnumerable<double[]> members) => (long)members.Sum(member => member[^1]);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
