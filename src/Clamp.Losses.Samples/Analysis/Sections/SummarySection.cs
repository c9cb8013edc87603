using System.Globalization;
using System.Net;
using System.Text;

namespace Clamp.Losses.Samples.Analysis.Sections;

/// <summary>What changed by the training, in numbers and in one drawing.</summary>
internal static class SummarySection
{
    public static ReportSection Section { get; } = new(
        "summary",
        "At a glance",
        "The same encoder, in eval mode, with the weights that the training began with and with those that it ended with, on the same images of all classes, none "
        + "of which it was trained on unless said below. Nothing is chosen on them.",
        Of);

    private static SectionPart Of(AnalysedRun run)
    {
        var (rows, oneClass) = (new StringBuilder(), run.Images.HasLabels ? ", same class" : "");
        Row(rows, "linear probe, top-1", run, state => state.Probe?.Test.Top1, "P1");
        Row(rows, "participation ratio of the features", run, state => state.ParticipationRatio, "F1");
        Row(rows, "effective rank of the features (RankMe)", run, state => state.EffectiveRank, "F1");
        Row(rows, $"mean cosine of centroids{oneClass}", run, state => state.Cosines.Means.Within, "F3");
        Row(rows, "mean cosine of centroids, two classes", run, state => state.Cosines.Means.Between, "F3");
        Row(rows, $"mean orientation similarity{oneClass}", run, state => state.Orientations.Means.Within, "F3");
        Row(rows, "mean orientation similarity, two classes", run, state => state.Orientations.Means.Between, "F3");
        Row(rows, "neighbours as the paper counts them", run, state => state.Paper?.Neighbours, "F1");
        Row(rows, "mean radius as the paper measures it", run, state => state.Paper?.Radius, "F3");
        var images = run.Images;
        var probe = run.After.Probe is { } found
            ? string.Create(CultureInfo.InvariantCulture, $" The probe learned from {images.Kept.Count} training images, at the rate that did best on ")
                + (images.HeldOut is { } held ? $"{held.Count} held-out ones" : "a tenth of them") + string.Create(CultureInfo.InvariantCulture, $" ({found.LearningRate}).")
            : " They have no labels: sections that need some are left out.";
        return new SectionPart(
            [new ReportFigure("overview", "Map of the features and centroid cosines, before and after training", Overview(run))],
            $"<table><tr><th></th><th>before</th><th>after</th></tr>{rows}</table><p>{images.Shown.Count} {WebUtility.HtmlEncode(images.Kind)}, "
            + $"{run.Analysis.Views} augmented views of each; {run.Options.Loss} on {run.Options.Dataset}, {run.Steps[^1].Step} steps.{probe}</p>");
    }

    private static VectorImage Overview(AnalysedRun run)
    {
        var cosines = DistributionsSection.Draw(run, "cosine of two images' centroids", state => state.Cosines);
        var maps = run.States.Select(state => MapSection.Neighbourhood(run, state.State, $"{state.Name} training"));
        return VectorImage.Grid([.. maps, .. cosines], columns: 2);
    }

    private static void Row(StringBuilder rows, string name, AnalysedRun run, Func<EncoderState, double?> value, string format)
    {
        string Text(EncoderState state) => value(state)?.ToString(format, CultureInfo.InvariantCulture) ?? "\u2013";
        if (value(run.Before) is not null || value(run.After) is not null)
        {
            rows.Append($"<tr><td>{name}</td><td>{Text(run.Before)}</td><td>{Text(run.After)}</td></tr>");
        }
    }
}
