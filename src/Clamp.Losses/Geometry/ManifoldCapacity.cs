using System.Globalization;
using Clamp.Losses.Geometry;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses;

/// <summary>
/// Mean-field manifold capacity (Chung, Lee, Sompolinsky 2018, doi:10.1103/PhysRevX.8.031003, at margin 0): how many classes per dimension
/// a linear classifier could part at random, if they had the shapes of these and lay at random. 1/alpha is the mean over classes and over
/// Gaussian directions T of the squared distance from T to the nearest V with V . x &gt;= 0 for all points x of the class, seen from the mean
/// of the classes' centroids: the squared length of the projection of -T onto the cone of the points.
/// </summary>
/// <param name="Capacity">alpha, 0 to 2, which is that of points.</param>
/// <param name="StandardError">Of alpha, from the finite number of directions.</param>
/// <param name="InverseOfClasses">1/alpha of each class, by ascending label.</param>
public sealed record ManifoldCapacity(double Capacity, double StandardError, IReadOnlyList<double> InverseOfClasses)
{
    /// <summary>Measures labelled features, without a graph, in float64.</summary>
    /// <param name="features">[N, F], any floating dtype and device; finite.</param>
    /// <param name="labels">The class of each row, [N], int64, on any device; at least two classes.</param>
    /// <param name="pointsPerClass">Of classes with more images than this, at least 1, so many are drawn: the capacity falls with them.</param>
    /// <param name="directions">How many T each class meets, at least 2.</param>
    /// <param name="seed">Of images and directions.</param>
    /// <returns>The capacity.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">An argument is not as described; the message says what was given.</exception>
    public static ManifoldCapacity Measure(Tensor features, Tensor labels, int pointsPerClass = 50, int directions = 200, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(pointsPerClass, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(directions, 2);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        using var geometry = ClassGeometry.Measure(features, labels);
        if (geometry.Classes.Count < 2 || double.IsNaN(geometry.ParticipationRatio))
        {
            throw new ArgumentException($"Capacity needs finite features of two classes at least, not {geometry}.", nameof(features));
        }

        var order = LabelOrder.Of(labels, features.shape[0]);
        var mean = geometry.Centroids.mean([0]);
        var random = new Random(seed);
        using var generator = new Generator((ulong)seed, features.device);
        var samples = order.Classes.Select(run => Samples(features, order.ImagesOf(run), mean, pointsPerClass, directions, random, generator)).ToArray();
        var inverses = Array.ConvertAll(samples, ofClass => ofClass.Average());
        var variance = samples.Zip(inverses, (ofClass, inverse) => ofClass.Sum(value => Math.Pow(value - inverse, 2)) / (directions - 1.0)).Average();
        var mostLikely = inverses.Average();
        return new ManifoldCapacity(
            1 / mostLikely, Math.Sqrt(variance / (directions * samples.Length)) / (mostLikely * mostLikely), inverses);
    }

    /// <summary>The capacity and its error, the same in every culture.</summary>
    /// <returns>For example "capacity 0.21 +- 0.01".</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"capacity {Capacity:G3} +- {StandardError:G1}");

    /// <summary>The squared length of the projection of each direction onto the cone of some images.</summary>
    private static double[] Samples(
        Tensor features, long[] images, Tensor mean, int most, int directions, Random random, Generator generator)
    {
        using var scope = NewDisposeScope();
        if (images.Length > most)
        {
            random.Shuffle(images);
        }

        var points = features.index_select(0, tensor(images.Take(most).ToArray(), device: features.device)).to(float64) - mean;
        var products = TensorMemory.Doubles(points.mm(points.t()));
        var along = TensorMemory.Doubles(randn([directions, points.shape[1]], float64, features.device, generator: generator).mm(points.t()));
        var count = (int)points.shape[0];
        return [.. Enumerable.Range(0, directions).Select(direction => Cone.SquaredProjection(products, along.AsSpan(direction * count, count)))];
    }
}
