using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Gradients that are summed together: they are copied into one piece of memory, and back.</summary>
internal sealed class GradientBucket : IDisposable
{
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Tensor _memory;
    private readonly Tensor _presence;
    private readonly Tensor[] _places;

    /// <summary>Takes memory for the gradients, and a number for each that says whether there is one.</summary>
    /// <param name="parameters">Parameters of one type on one device.</param>
    public GradientBucket(IReadOnlyList<Parameter> parameters)
    {
        using var scope = NewDisposeScope();
        _parameters = parameters;
        var numbers = parameters.Sum(parameter => parameter.numel());
        _memory = zeros([numbers + parameters.Count], parameters[0].dtype, parameters[0].device);
        _presence = _memory.narrow(0, numbers, parameters.Count);
        _places = new Tensor[parameters.Count];
        var start = 0L;
        for (var i = 0; i < _places.Length; i++)
        {
            _places[i] = _memory.narrow(0, start, parameters[i].numel()).view(parameters[i].shape);
            start += parameters[i].numel();
        }

        scope.Detach([_memory, _presence, .. _places]);
    }

    /// <summary>Replaces the gradients by their sum over the group, scaled.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="scale">The factor.</param>
    public void Reduce(IProcessGroup group, double scale)
    {
        var gradients = _parameters.Select(parameter => parameter.grad).ToArray();
        _presence.fill_(KeptScalars.One);
        for (var i = 0; i < gradients.Length; i++)
        {
            if (gradients[i] is { } own)
            {
                _places[i].copy_(own);
            }
            else
            {
                _places[i].zero_();
                _presence[i].zero_();
            }
        }

        group.AllReduceSum(_memory);
        if (scale is not 1)
        {
            _memory.mul_(KeptScalars.Of(scale));
        }

        // What others have is asked only where it is not known: on a GPU the answer must be waited for.
        var present = gradients.Contains(null) ? _presence.ne(KeptScalars.Of(0.0)).cpu().data<bool>().ToArray() : null;
        for (var i = 0; i < gradients.Length; i++)
        {
            if (gradients[i] is { } own)
            {
                own.copy_(_places[i]);
            }
            else if (present![i])
            {
                _parameters[i].grad = _places[i].clone();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_places, place => place.Dispose());
        _presence.Dispose();
        _memory.Dispose();
    }
}
