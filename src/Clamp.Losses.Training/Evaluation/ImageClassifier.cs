using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>An encoder and a linear classifier on its features, which starts at zero.</summary>
public sealed class ImageClassifier : Module<Tensor, Tensor>
{
    [ComponentName(Name = "encoder")]
    private readonly Module<Tensor, Tensor> _encoder;

    [ComponentName(Name = "fc")]
    private readonly Linear _fc;

    /// <summary>Puts a classifier on an encoder.</summary>
    /// <param name="encoder">Maps [N, 3, H, W] to features [N, F]; disposed with the classifier.</param>
    /// <param name="featureWidth">F, at least 1.</param>
    /// <param name="classes">The number of classes, at least 1.</param>
    /// <param name="device">Where the encoder lives.</param>
    public ImageClassifier(Module<Tensor, Tensor> encoder, int featureWidth, int classes, Device device)
        : base(nameof(ImageClassifier))
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentOutOfRangeException.ThrowIfLessThan(featureWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        _encoder = encoder;
        _fc = Linear(featureWidth, classes, device: device);
        init.zeros_(_fc.weight!);
        init.zeros_(_fc.bias!);
        RegisterComponents();
    }

    /// <summary>The weights of the encoder.</summary>
    public IEnumerable<Parameter> EncoderParameters => _encoder.parameters();

    /// <summary>The weights of the linear classifier.</summary>
    public IEnumerable<Parameter> ClassifierParameters => _fc.parameters();

    /// <summary>Scores images.</summary>
    /// <param name="images">[N, 3, H, W], normalised.</param>
    /// <returns>The score of every class, [N, C].</returns>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return _fc.call(_encoder.call(images)).MoveToOuterDisposeScope();
    }
}
