using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// A batch's geometry by the definitions of the figures in arXiv:2506.13717, which are not those of its loss: only these may be laid over
/// the curves in print.
/// </summary>
/// <param name="Neighbours">The mean number of other sub-manifolds whose centroid is nearer than 0.99 r_s (r_i + r_j), without a limit d_max.</param>
/// <param name="Radius">The mean radius, without r_s, and with V in place of V - 1.</param>
public sealed record PaperFigures(double Neighbours, double Radius)
{
    private const double Reach = 0.99;

    /// <summary>
    /// The figures of a batch of augmented views of images that are not trained on: the first B of them, through encoder and head in eval mode.
    /// </summary>
    /// <param name="encoder">Maps normalised images [N, 3, H, W] to features [N, F]; it is in training mode afterwards where it was before.</param>
    /// <param name="head">Maps the features to embeddings [N, D]; as the encoder.</param>
    /// <param name="images">The images, at least 2.</param>
    /// <param name="options">How the networks are trained: batch, views, augmentation, loss, precision.</param>
    /// <param name="epoch">Which views, from 0.</param>
    /// <returns>The figures.</returns>
    public static PaperFigures Measure(
        nn.Module<Tensor, Tensor> encoder, nn.Module<Tensor, Tensor> head, ImageSource images, PretrainOptions options, int epoch)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(options);
        var loader = new ViewLoader(images, options.CreateAugmentation(), options.Views, encoder.parameters().First().device, ahead: 0);
        int[] batch = [.. Enumerable.Range(0, Math.Min(options.BatchSize, images.Count))];
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var (wasEncoderTraining, wasHeadTraining) = (encoder.training, head.training);
        encoder.eval();
        head.eval();
        try
        {
            var views = loader.Load([batch], epoch).Select(make => make()).Single();
            var type = options.Precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
            var embeddings = head.call(encoder.call(views.flatten(0, 1).to(type))).unflatten(0, views.shape[0], views.shape[1]);

            // Without the other processes, which need not call this.
            using var packing = new ClampLoss(options.Clamp);
            using var geometry = packing.Measure(embeddings);
            return Of(geometry, options.Views, options.Clamp.RadiusScale);
        }
        finally
        {
            encoder.train(wasEncoderTraining);
            head.train(wasHeadTraining);
        }
    }

    /// <summary>Takes the figures from a measurement.</summary>
    /// <param name="geometry">The geometry of a batch.</param>
    /// <param name="views">V, at least 2.</param>
    /// <param name="radiusScale">The r_s that the geometry was measured with, above 0.</param>
    /// <returns>The figures.</returns>
    public static PaperFigures Of(SubManifoldGeometry geometry, int views, double radiusScale)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(radiusScale);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var centroids = geometry.Centroids.to(ScalarType.Float64);
        var radii = geometry.Radii.to(ScalarType.Float64) * KeptScalars.Of(Math.Sqrt((views - 1.0) / views) / radiusScale);
        var near = cdist(centroids, centroids) < KeptScalars.Of(Reach * radiusScale) * radii.unsqueeze(0).add(radii.unsqueeze(1), KeptScalars.One);
        var others = near.triu(1).sum().item<long>() * 2;
        return new PaperFigures(others / (double)radii.shape[0], radii.mean().item<double>());
    }
}
