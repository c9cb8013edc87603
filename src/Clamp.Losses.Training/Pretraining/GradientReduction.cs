using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// Adds up the gradients of parameters over a group of processes, in buckets: neighbouring parameters of a type and device travel
/// together, about 25 MB at a time (Li et al., arXiv:2006.15704, section 3.2.2). Of a loss that is the same number on every process, such as
/// <see cref="ClampLoss"/> over the group, the sum is the gradient of one process with all images.
/// </summary>
/// <remarks>
/// It holds as much memory as the gradients take, from its construction until it is disposed; the gradients stay the parameters' own.
/// A parameter that has a gradient on some members gets the sum of theirs on all; one without on every member stays so.
/// After an exception the gradients are of no use, and the next call begins anew.
/// </remarks>
public sealed class GradientReduction : IDisposable
{
    private const long BucketBytes = 25 << 20;

    private readonly IProcessGroup _group;
    private readonly double _scale;
    private readonly List<GradientBucket> _buckets = [];
    private bool _disposed;

    /// <summary>Lays the buckets out.</summary>
    /// <param name="parameters">The parameters, the same and in the same order on every member; those that need no gradient are passed over.</param>
    /// <param name="group">The processes.</param>
    /// <param name="average">Whether the sum is divided by their number: not the gradient of the loss, but what other trainers step by.</param>
    public GradientReduction(IEnumerable<Parameter> parameters, IProcessGroup group, bool average = false)
        : this(parameters, group, average, BucketBytes)
    {
    }

    /// <summary>As the public constructor, with buckets of another size.</summary>
    internal GradientReduction(IEnumerable<Parameter> parameters, IProcessGroup group, bool average, long bucketBytes)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(group);
        (_group, _scale) = (group, average ? 1.0 / group.WorldSize : 1);
        if (group.WorldSize == 1)
        {
            return;
        }

        foreach (var kind in parameters.Where(parameter => parameter.requires_grad).GroupBy(parameter => (parameter.dtype, parameter.device.ToString())))
        {
            var (members, bytes) = (new List<Parameter>(), 0L);
            foreach (var parameter in kind)
            {
                var more = parameter.numel() * parameter.element_size();
                if (members.Count > 0 && bytes + more > bucketBytes)
                {
                    _buckets.Add(new GradientBucket(members));
                    (members, bytes) = ([], 0);
                }

                members.Add(parameter);
                bytes += more;
            }

            _buckets.Add(new GradientBucket(members));
        }
    }

    /// <summary>The number of sums over the group that <see cref="Reduce"/> takes.</summary>
    internal int Buckets => _buckets.Count;

    /// <summary>Replaces each gradient by the sum, or the mean, over all members. Every member must call it.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Reduce()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var unrecorded = no_grad();
        foreach (var bucket in _buckets)
        {
            using var scope = NewDisposeScope();
            bucket.Reduce(_group, _scale);
        }
    }

    /// <summary>Frees the buckets.</summary>
    public void Dispose()
    {
        _disposed = true;
        _buckets.ForEach(bucket => bucket.Dispose());
        _buckets.Clear();
    }
}
