using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>Measures an encoder, in eval mode.</summary>
internal static class EncoderMeasurement
{
    private const int MostNeighbours = 8;
    private const double Perplexity = 30;

    /// <summary>Measures.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="head">Its projection head; null where it is not kept.</param>
    /// <param name="options">The run's.</param>
    /// <param name="images">The images.</param>
    /// <param name="queries">Of the images looked at, those whose neighbours are wanted.</param>
    /// <param name="analysis">How many views.</param>
    /// <param name="device">Where the networks live.</param>
    public static EncoderState Of(
        ResNet encoder, ProjectionHead? head, RunOptions options, AnalysedImages images, IReadOnlyList<int> queries, AnalysisOptions analysis, Device device)
    {
        using var scope = NewDisposeScope();
        var features = FeatureExtractor.Features(encoder, images.Shown, device, options.Normalisation);
        var kept = FeatureExtractor.Features(encoder, images.Kept, device, options.Normalisation);
        var labels = LabelsOf(images.Shown, device);
        using var geometry = ClassGeometry.Measure(features, labels);
        var views = ViewFeatures.Extract(encoder, images.Shown, options, analysis.Views, device);
        var (components, shares) = PrincipalComponents.Project(features, 2);
        var neighbourhood = TSne.Place(features, Math.Min(Perplexity, (features.shape[0] - 1) / 3.0));
        var (probe, confusion) = images.HasLabels ? Probe(encoder, features, kept, labels, options, images, device) : default;
        var pairs = ClassSimilarities.Measure(views, labels);
        return new EncoderState
        {
            Eigenvalues = geometry.Eigenvalues,
            PowerLaw = geometry.PowerLaw,
            ParticipationRatio = geometry.ParticipationRatio,
            EffectiveRank = geometry.EffectiveRank,
            Cosines = PairDistribution.Of(pairs, kind => kind.Cosines),
            Distances = PairDistribution.OfDistances(pairs),
            Orientations = PairDistribution.Of(pairs, kind => kind.Orientations),
            Components = PlaneMap.Of(components),
            ComponentShares = shares,
            Neighbourhood = PlaneMap.Of(neighbourhood),
            Neighbours = NeighboursOf(features, kept, queries),
            Paper = head is null ? null : PaperFigures.Measure(encoder, head, images.HeldOut ?? images.Shown, options, epoch: 0),
            Probe = probe,
            Confusion = confusion,
        };
    }

    // Of images without labels all are one class.
    private static Tensor LabelsOf(ImageSource images, Device device) =>
        tensor(images.HasLabels ? [.. images.Labels.Select(label => (long)label)] : new long[images.Count], device: device);

    private static IReadOnlyList<IReadOnlyList<int>> NeighboursOf(Tensor features, Tensor kept, IReadOnlyList<int> queries)
    {
        var rows = tensor(queries.Select(query => (long)query).ToArray(), device: features.device);
        return [.. SimilaritySearch.Nearest(kept, features.index_select(0, rows), MostNeighbours).Select(found => (IReadOnlyList<int>)[.. found.Select(near => near.Index)])];
    }

    // The rate is chosen on images held out of the training, which stand behind the others, or else on a tenth of these.
    private static (ProbeResult Result, ConfusionMatrix Confusion) Probe(
        ResNet encoder, Tensor features, Tensor kept, Tensor labels, RunOptions options, AnalysedImages images, Device device)
    {
        var train = new FeatureSet(kept, LabelsOf(images.Kept, device));
        IReadOnlyList<int>? heldOut = null;
        if (images.HeldOut is { } chosen)
        {
            var more = FeatureExtractor.Extract(encoder, chosen, device, options.Normalisation);
            heldOut = [.. Enumerable.Range((int)train.Count, (int)more.Count)];
            train = new FeatureSet(cat([train.Features, more.Features]), cat([train.Labels, more.Labels]));
        }

        var classes = images.Shown.ClassNames.Count;
        var (result, predictions) = LinearProbe.Predict(new ProbeFeatures(train, new FeatureSet(features, labels)) { HeldOut = heldOut }, classes, options.Seed);
        return (result, ConfusionMatrix.Of(labels.cpu(), predictions.cpu(), classes));
    }
}
