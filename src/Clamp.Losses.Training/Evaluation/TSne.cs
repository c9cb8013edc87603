using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// t-SNE (van der Maaten and Hinton 2008), exact: points in the plane whose neighbours are those of the features. Time and memory grow with the
/// square of the number of points. It begins at the two principal components, so nothing is random.
/// </summary>
public static class TSne
{
    /// <summary>The most points that are accepted.</summary>
    public const int MostPoints = 5000;

    private const int Iterations = 500;

    // Attraction is stronger for the first half, so that clusters form before they are arranged.
    private const int ExaggeratedIterations = 250;
    private const double Exaggeration = 12;
    private const double LeastProbability = 1e-12;

    /// <summary>Places features in the plane.</summary>
    /// <param name="features">[N, F], floating point and finite, N from 4 to <see cref="MostPoints"/>.</param>
    /// <param name="perplexity">About how many neighbours a point has, at least 1 and at most (N - 1) / 3.</param>
    /// <returns>[N, 2], float64 on the processor, mean 0; the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">The features are no matrix, or too few or too many.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The perplexity is out of range.</exception>
    public static Tensor Place(Tensor features, double perplexity = 30)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.dim() != 2 || features.shape[0] is < 4 or > MostPoints)
        {
            throw new ArgumentException(
                $"Features of shape [{string.Join(", ", features.shape)}] given; allowed: [N, F] with N from 4 to {MostPoints}.", nameof(features));
        }

        var count = (int)features.shape[0];
        if (!(perplexity >= 1 && perplexity <= (count - 1) / 3.0))
            throw new ArgumentOutOfRangeException(nameof(perplexity), perplexity, $"The perplexity must be from 1 to (N - 1) / 3, which is {(count - 1) / 3.0:F1}.");

        var places = Descend(Probabilities(SquaredDistances(features), count, perplexity), Beginning(features), count);
        return tensor(places, [count, 2], ScalarType.Float64);
    }

    /// <summary>The symmetric neighbour probabilities [N, N], which add up to 1: each point's, at the perplexity, are averaged with the others' of it.</summary>
    internal static double[] Probabilities(double[] squaredDistances, int count, double perplexity)
    {
        var conditional = new double[squaredDistances.Length];
        for (var i = 0; i < count; i++)
            FillRow(squaredDistances.AsSpan(i * count, count), conditional.AsSpan(i * count, count), i, Math.Log(perplexity));

        var joint = new double[conditional.Length];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
                joint[i * count + j] = Math.Max((conditional[i * count + j] + conditional[j * count + i]) / (2 * count), LeastProbability);
        }

        return joint;
    }

    // Halves the interval of the precision until the entropy of the neighbours is the one asked for.
    private static void FillRow(ReadOnlySpan<double> distances, Span<double> row, int self, double entropy)
    {
        var (precision, low, high) = (1.0, 0.0, double.PositiveInfinity);
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var found = Fill(distances, row, self, precision);
            if (Math.Abs(found - entropy) < 1e-7)
                return;

            (low, high) = found > entropy ? (precision, high) : (low, precision);
            precision = double.IsInfinity(high) ? precision * 2 : (low + high) / 2;
        }
    }

    private static double Fill(ReadOnlySpan<double> distances, Span<double> row, int self, double precision)
    {
        // The nearest counts as 1: far from all others nothing underflows.
        var nearest = double.PositiveInfinity;
        for (var j = 0; j < row.Length; j++)
            nearest = j == self ? nearest : Math.Min(nearest, distances[j]);

        var (sum, moment) = (0.0, 0.0);
        for (var j = 0; j < row.Length; j++)
        {
            row[j] = j == self ? 0 : Math.Exp(-precision * (distances[j] - nearest));
            sum += row[j];
            moment += row[j] * (distances[j] - nearest);
        }

        foreach (ref var probability in row)
            probability /= sum;
        return Math.Log(sum) + precision * moment / sum;
    }

    private static double[] Descend(double[] probabilities, double[] places, int count)
    {
        var (step, gain) = (new double[places.Length], Enumerable.Repeat(1.0, places.Length).ToArray());
        var kernel = new double[probabilities.Length];
        var rate = Math.Max(count / Exaggeration / 4, 50);
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var isExaggerated = iteration < ExaggeratedIterations;
            var gradient = Gradient(probabilities, places, kernel, count, isExaggerated ? Exaggeration : 1);
            var momentum = isExaggerated ? 0.5 : 0.8;
            for (var k = 0; k < places.Length; k++)
            {
                gain[k] = Math.Sign(gradient[k]) == Math.Sign(step[k]) ? Math.Max(gain[k] * 0.8, 0.01) : gain[k] + 0.2;
                step[k] = momentum * step[k] - rate * gain[k] * gradient[k];
                places[k] += step[k];
            }
        }

        return Centred(places);
    }

    /// <summary>The gradient [N, 2] of the Kullback-Leibler divergence from the exaggerated probabilities to those of the places.</summary>
    /// <param name="probabilities">[N, N].</param>
    /// <param name="places">[N, 2].</param>
    /// <param name="kernel">[N, N], overwritten by 1 / (1 + distance^2).</param>
    /// <param name="count">N.</param>
    /// <param name="exaggeration">The factor of the probabilities.</param>
    internal static double[] Gradient(double[] probabilities, double[] places, double[] kernel, int count, double exaggeration)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (x, y) = (places[2 * i] - places[2 * j], places[2 * i + 1] - places[2 * j + 1]);
                var value = 1 / (1 + x * x + y * y);
                kernel[i * count + j] = value;
                sum += 2 * value;
            }
        }

        var gradient = new double[2 * count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var value = kernel[i * count + j];
                var force = 4 * (exaggeration * probabilities[i * count + j] - value / sum) * value;
                for (var axis = 0; axis < 2; axis++)
                {
                    var pull = force * (places[2 * i + axis] - places[2 * j + axis]);
                    gradient[2 * i + axis] += pull;
                    gradient[2 * j + axis] -= pull;
                }
            }
        }

        return gradient;
    }

    private static double[] SquaredDistances(Tensor features)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var points = features.detach().to(CPU).to(ScalarType.Float64);

        // In units of the mean, so that the search begins near its end whatever the scale.
        var distances = cdist(points, points).pow(KeptScalars.Of(2.0));
        return [.. (distances / distances.mean().clamp_min(KeptScalars.Of(double.Epsilon))).data<double>()];
    }

    // The first coordinate spreads by 1e-4, as is usual.
    private static double[] Beginning(Tensor features)
    {
        using var scope = NewDisposeScope();
        var plane = PrincipalComponents.Project(features, 2).Coordinates;
        var spread = plane.select(1, 0).std().clamp_min(KeptScalars.Of(1e-300));
        return [.. (plane / spread * KeptScalars.Of(1e-4)).data<double>()];
    }

    private static double[] Centred(double[] places)
    {
        var (x, y) = (places.Where((_, k) => k % 2 == 0).Average(), places.Where((_, k) => k % 2 == 1).Average());
        return [.. places.Select((place, k) => place - (k % 2 == 0 ? x : y))];
    }
}
