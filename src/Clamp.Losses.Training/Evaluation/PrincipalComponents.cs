using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>The directions in which features spread most, the first first.</summary>
public static class PrincipalComponents
{
    /// <summary>Projects features, less their mean, on their principal components.</summary>
    /// <param name="features">[N, F], floating point and finite, N and F at least 1; computed in float64.</param>
    /// <param name="count">How many components k, at least 1; beyond F they are 0.</param>
    /// <returns>
    /// The coordinates [N, k], float64 on the processor, the caller's to dispose, and the share of the variance in each component, from 0 to 1 (0
    /// where nothing spreads). The entry of largest magnitude of each direction is positive, so that signs do not depend on the solver.
    /// </returns>
    /// <exception cref="ArgumentException">The features are no matrix, or empty.</exception>
    public static (Tensor Coordinates, IReadOnlyList<double> Shares) Project(Tensor features, int count)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (features.dim() != 2 || features.shape.Contains(0))
            throw new ArgumentException($"Features of shape [{string.Join(", ", features.shape)}] given; allowed: [N, F], none 0.", nameof(features));

        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var spread = features.detach().to(CPU).to(ScalarType.Float64);
        spread -= spread.mean([0], keepdim: true);
        var (values, vectors) = linalg.eigh(spread.t().mm(spread));
        var kept = (int)Math.Min(count, spread.shape[1]);
        var directions = vectors.flip(1).narrow(1, 0, kept);
        var largest = directions.gather(0, directions.abs().argmax(0, keepdim: true));
        var found = spread.mm(directions * largest.sign());
        var coordinates = kept == count ? found : cat([found, zeros([found.shape[0], count - kept], ScalarType.Float64)], 1);
        return (coordinates.MoveToOuterDisposeScope(), Shares(values.data<double>().Reverse().ToArray(), count));
    }

    // Rounding may leave a variance of 0 a little below it.
    private static double[] Shares(double[] variances, int count)
    {
        var total = variances.Sum(variance => Math.Max(0, variance));
        return [.. Enumerable.Range(0, count).Select(i => i < variances.Length && total > 0 ? Math.Max(0, variances[i]) / total : 0)];
    }
}
