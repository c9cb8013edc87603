using Clamp.Losses.Baselines;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// NT-Xent, the loss of SimCLR ("A Simple Framework for Contrastive Learning of Visual Representations", arXiv:2002.05709, equation 1):
/// each of the 2B embeddings of a pair of views must find its partner among the other 2B - 1.
/// <code>
/// L = mean over i of -log( exp(s(i, partner of i) / T) / sum over k != i of exp(s(i, k) / T) )
/// </code>
/// where s is the cosine similarity and T the temperature.
/// </summary>
/// <remarks>
/// The paper has two views; with more, this is the mean over all pairs of views. It forms V (V - 1) / 2 matrices of [2B, 2B]. The loss
/// is a float64 scalar for float64 embeddings and float32 otherwise; the gradient has the embeddings' type, the embeddings are never
/// modified, and NaN gives NaN.
/// </remarks>
public sealed class NtXentLoss : nn.Module<Tensor, Tensor>
{
    private readonly double _temperature;

    /// <summary>Creates the loss.</summary>
    /// <param name="temperature">T, above 0: the smaller, the more the nearest negatives count.</param>
    /// <param name="name">The module's name.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="temperature"/> is not a finite number above 0.</exception>
    public NtXentLoss(double temperature = 0.5, string name = nameof(NtXentLoss))
        : base(name) => _temperature = ParameterRange.Positive(temperature);

    /// <summary>The loss of a batch.</summary>
    /// <param name="embeddings">z, view-major: [V, B, D]; V and B at least 2, D at least 1.</param>
    /// <returns>A scalar that can be back-propagated.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="embeddings"/> is null.</exception>
    /// <exception cref="ArgumentException">Their shape, dtype or layout is not as described; the message says what was given.</exception>
    public override Tensor forward(Tensor embeddings)
    {
        using var scope = NewDisposeScope();
        return ViewPairs.Mean(BaselineInput.OnUnitSphere(embeddings), OfPair).MoveToOuterDisposeScope();
    }

    private Tensor OfPair(Tensor a, Tensor b)
    {
        var points = cat([a, b]);
        var itself = eye(points.shape[0], dtype: ScalarType.Bool, device: points.device);
        var logits = (points.mm(points.t()) / _temperature).masked_fill(itself, double.NegativeInfinity);
        return nn.functional.cross_entropy(logits, Partners(a.shape[0], points.device));
    }

    /// <summary>Where the other view of each embedding stands: i + B in the first half, i - B in the second.</summary>
    private static Tensor Partners(long images, Device device) => arange(2 * images, dtype: int64, device: device).roll(-images);
}
