namespace Clamp.Losses.Packing.Cpu;

/// <summary>
/// Statistics and gradient of one image in double, one number at a time, for the few images that float32 does not serve: norms near
/// the ends of its range, views that nearly agree, and whatever is not a number. The same formulas as the fast kernels.
/// </summary>
internal static unsafe class DelicateImage
{
    /// <summary>The centroid and the spread T about it.</summary>
    /// <param name="embeddings">z.</param>
    /// <param name="mean">mu.</param>
    /// <param name="image">Which image.</param>
    /// <param name="own">Memory.</param>
    /// <param name="centroid">Receives c.</param>
    public static double SpreadOf(EmbeddingRows embeddings, double* mean, int image, ImageScratch own, float* centroid)
    {
        MeasureNorms(embeddings, mean, image, own.PerView);
        var squares = 0.0;
        for (int d = 0; d < embeddings.Width; d++)
        {
            var exact = CentroidAt(embeddings, mean, image, own.PerView, d);
            centroid[d] = (float)exact;
            for (int view = 0; view < embeddings.Views; view++)
            {
                var deviation = PointAt(embeddings, mean, image, own.PerView, view, d) - exact;
                squares += deviation * deviation;
            }
        }

        return squares / (embeddings.Views - 1);
    }

    /// <summary>h of each view, added to the sums.</summary>
    /// <param name="embeddings">z.</param>
    /// <param name="mean">mu.</param>
    /// <param name="image">Which image.</param>
    /// <param name="own">Memory; its extra row holds dE/dc.</param>
    /// <param name="deviationWeight">What the deviation p - c of each view is weighted by in dE/dp.</param>
    /// <param name="projected">Receives h.</param>
    /// <param name="sums">D sums of h.</param>
    public static void Project(
        EmbeddingRows embeddings, double* mean, int image, ImageScratch own, double deviationWeight, EmbeddingRows projected, double* sums)
    {
        var norms = own.PerView;
        var along = norms + embeddings.Views;
        MeasureNorms(embeddings, mean, image, norms);
        new Span<double>(along, embeddings.Views).Clear();
        for (int d = 0; d < embeddings.Width; d++)
        {
            var centroid = CentroidAt(embeddings, mean, image, norms, d);
            for (int view = 0; view < embeddings.Views; view++)
            {
                var point = PointAt(embeddings, mean, image, norms, view, d);
                along[view] += GradientAt(d, point - centroid) * point;
            }
        }

        for (int d = 0; d < embeddings.Width; d++)
        {
            var centroid = CentroidAt(embeddings, mean, image, norms, d);
            for (int view = 0; view < embeddings.Views; view++)
            {
                // At its floor the norm does not vary with x, so that nothing is projected away; NaN stays NaN.
                var point = PointAt(embeddings, mean, image, norms, view, d);
                var parallel = norms[view] == Floors.Norm ? 0 : along[view] * point;
                var h = (GradientAt(d, point - centroid) - parallel) / norms[view];
                projected[view, image][d] = (float)h;
                sums[d] += h;
            }
        }

        double GradientAt(int d, double deviation) => own.Extra[d] / (double)embeddings.Views + deviationWeight * deviation;
    }

    /// <summary>max(norm(x), 1e-12) of each view.</summary>
    private static void MeasureNorms(EmbeddingRows embeddings, double* mean, int image, double* norms)
    {
        for (int view = 0; view < embeddings.Views; view++)
        {
            var squares = 0.0;
            for (int d = 0; d < embeddings.Width; d++)
            {
                var x = embeddings[view, image][d] - mean[d];
                squares += x * x;
            }

            norms[view] = Math.Max(Math.Sqrt(squares), Floors.Norm);
        }
    }

    private static double CentroidAt(EmbeddingRows embeddings, double* mean, int image, double* norms, int d)
    {
        var sum = 0.0;
        for (int view = 0; view < embeddings.Views; view++)
        {
            sum += PointAt(embeddings, mean, image, norms, view, d);
        }

        return sum / embeddings.Views;
    }

    private static double PointAt(EmbeddingRows embeddings, double* mean, int image, double* norms, int view, int d) =>
        (embeddings[view, image][d] - mean[d]) / norms[view];
}
