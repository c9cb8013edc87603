using System.Numerics;
using System.Runtime.CompilerServices;
using Clamp.Losses.Distributed;
using Clamp.Losses.Packing;
using Clamp.Losses.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>
/// Measures a <see cref="SubManifoldGeometry"/> of one process's float32 embeddings beside the fused loss: centroids, radii and forces are
/// its own, float32, and each strip of the pair matrix is read before it becomes forces. Sums are float64.
/// Tolerance: that of the fused loss. Reference: <see cref="GeometryMeasurement"/>.
/// </summary>
/// <param name="options">Valid options.</param>
internal sealed unsafe class FusedMeasurement(ClampLossOptions options)
{
    private double _overlap;
    private double _distance;
    private double _energy;
    private double _virial;
    private double _squaredProducts;
    private long _touching;
    private long _coincident;
    private long _excluded;
    private long _clipped;
    private long[] _contacts = [];
    private double[] _overlaps = [];

    /// <summary>Measures a batch without recording a graph.</summary>
    /// <param name="embeddings">z, [V, B, D], on the CPU.</param>
    /// <param name="part">All images are this process's.</param>
    /// <param name="fused">The loss's kernels.</param>
    /// <param name="options">Valid options.</param>
    /// <returns>Null when norms leave the range of float32, or are no numbers: then Composite must measure.</returns>
    public static SubManifoldGeometry? Of(Tensor embeddings, BatchPart part, FusedLoss fused, ClampLossOptions options)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        SubManifoldGeometry? geometry = null;
        var measurement = new FusedMeasurement(options);
        fused.Inspect(embeddings, part, measurement.Read, batch => geometry = measurement.Finish(embeddings, batch, scope));
        scope.MoveToOuter(geometry?.Tensors ?? []);
        return geometry;
    }

    /// <summary>Adds a strip of the Gram matrix of centroids.</summary>
    private void Read(PairStrip strip, Matrix products, BatchMemory batch)
    {
        if (_contacts.Length == 0)
        {
            (_contacts, _overlaps) = (new long[batch.Shape.Images], new double[batch.Shape.Images]);
        }

        for (int row = 0; row < strip.Rows; row++)
        {
            Read(strip.Row + row, strip.Column, strip.Columns, products.Data + (nint)row * products.Stride, batch);
        }
    }

    /// <summary>Adds the pairs of an image with those that come after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(int image, int firstOther, int others, float* products, BatchMemory batch)
    {
        double squaredNorm = batch.SquaredNorms[image];
        var radius = batch.Radii[image] + Floors.Reach;
        var (least, largest, alpha) = (options.MinSeparation, options.MaxContactDistance, options.PotentialExponent);
        var coincidence = Math.Max(least, GeometryMeasurement.CoincidentDistance);
        var (squares, distances, overlaps, energy, virial) = (0.0, 0.0, 0.0, 0.0, 0.0);
        var (contacts, clipped) = (0, 0);
        for (int other = Math.Max(firstOther, image + 1); other < firstOther + others; other++)
        {
            double product = products[other - firstOther];
            var norms = squaredNorm + batch.SquaredNorms[other];
            var squaredDistance = norms - 2 * product;
            if (squaredDistance <= Float32Limits.CloseFraction * norms)
            {
                squaredDistance = SquaredDistance(batch, image, other);
            }

            var distance = Math.Sqrt(squaredDistance + Floors.SquaredDistance);
            var freeReach = radius + batch.Radii[other];
            var reach = Math.Min(freeReach, largest);
            squares += product * product;
            distances += distance;
            clipped += freeReach > largest ? 1 : 0;
            if (distance <= coincidence)
            {
                _coincident++;
                _excluded += distance <= least ? 1 : 0;
            }

            if (distance > least && distance < reach)
            {
                var overlap = 1 - distance / reach;
                var raised = alpha == 2 ? overlap : Math.Pow(overlap, alpha - 1);
                contacts++;
                overlaps += overlap;
                energy += raised * overlap;
                virial += alpha * raised * (1 - overlap);
                _contacts[other]++;
                _overlaps[other] += overlap;
            }
        }

        // The strips of one row of pairs hold its diagonal once.
        _squaredProducts += 2 * squares + (image >= firstOther && image < firstOther + others ? squaredNorm * squaredNorm : 0);
        _distance += distances;
        _energy += energy;
        _virial += virial;
        _touching += contacts;
        _clipped += clipped;
        _overlap += overlaps;
        _contacts[image] += contacts;
        _overlaps[image] += overlaps;
    }

    /// <summary>norm(c_i - c_j)^2 from the differences, which a product of close centroids does not resolve.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredDistance(BatchMemory batch, int image, int other)
    {
        var width = batch.Shape.Width;
        var one = new ReadOnlySpan<float>(batch.Centroids + (nint)image * width, width);
        var two = new ReadOnlySpan<float>(batch.Centroids + (nint)other * width, width);
        var (lanes, sums) = (Vector<float>.Count, Vector<float>.Zero);
        var d = 0;
        for (; d <= width - lanes; d += lanes)
        {
            var difference = new Vector<float>(one[d..]) - new Vector<float>(two[d..]);
            sums += difference * difference;
        }

        var sum = (double)Vector.Sum(sums);
        for (; d < width; d++)
        {
            double difference = one[d] - two[d];
            sum += difference * difference;
        }

        return sum;
    }

    private SubManifoldGeometry? Finish(Tensor embeddings, BatchMemory batch, DisposeScope owner)
    {
        var centred = 0.0;
        for (long row = 0; row < batch.Shape.Rows; row++)
        {
            var squaredNorm = 1 / ((double)batch.InverseNorms[row] * batch.InverseNorms[row]);
            if (squaredNorm is not (>= Float32Limits.LeastSquaredNorm and <= Float32Limits.LargestSquaredNorm))
            {
                return null;
            }

            centred += squaredNorm;
        }

        using var scope = NewDisposeScope();
        var (images, width) = (batch.Shape.Images, batch.Shape.Width);
        var flat = TensorMemory.Over(batch.Centroids, (long)images * width);
        var flatForces = TensorMemory.Over(batch.CentroidForces, (long)images * width);
        var flatRadii = TensorMemory.Over(batch.Radii, images);
        var centroids = flat.reshape(images, width);
        var along = tensor(ContactSums(batch), float32).unsqueeze(1);
        var netForces = (flatForces.reshape(images, width) - along * centroids).norm(dim: 1, p: 2).to(float64);
        var sums = new PackingSums
        {
            Contacts = _touching,
            Overlap = _overlap,
            Distance = _distance,
            Coincident = _coincident,
            Excluded = _excluded,
            Clipped = _clipped,
            Energy = _energy,
            Virial = _virial,
            Centred = centred,
            Squares = centred + batch.Shape.Rows * SquaredNorm(batch.ExactMean, width),
            ParticipationRatio = ParticipationRatio(batch, centroids),
        };
        var radii = flatRadii.to(float64);
        var geometry = GeometryMeasurement.Measured(
            new PackingTensors(centroids.to(float64), radii, tensor(_contacts), tensor(_overlaps, float64), netForces),
            sums,
            TensorMemory.Doubles(radii),
            _contacts.Count(count => count == 0),
            nearestOwn: null,
            embeddings,
            options);
        owner.Attach(geometry.Tensors);
        return geometry;
    }

    /// <summary>The sum of A_ij over j, of each image.</summary>
    private static float[] ContactSums(BatchMemory batch)
    {
        var sums = new float[batch.Shape.Images];
        for (int image = 0; image < sums.Length; image++)
        {
            var sum = 0.0;
            for (int worker = 0; worker < batch.Workers; worker++)
            {
                sum += batch.ContactSums[(nint)worker * sums.Length + image];
            }

            sums[image] = (float)sum;
        }

        return sums;
    }

    /// <summary>
    /// (tr K)^2 / norm(K)^2 of the centred Gram matrix K, from the sum of the squares of the one that is not: with the sum c of centroids
    /// and the products q_i = c_i . c, centring takes norm(c)^2 / B off the trace, and 2 norm(q)^2 / B - norm(c)^4 / B^2 off the squares.
    /// </summary>
    private double ParticipationRatio(BatchMemory batch, Tensor centroids)
    {
        using var scope = NewDisposeScope();
        var images = batch.Shape.Images;
        var sum = centroids.sum([0]);
        var products = TensorMemory.Doubles(centroids.mv(sum).to(float64));
        var squaredSum = products.Sum();
        var squaredNorms = 0.0;
        for (int image = 0; image < images; image++)
        {
            squaredNorms += batch.SquaredNorms[image];
        }

        var trace = squaredNorms - squaredSum / images;
        var squares = _squaredProducts - 2 * products.Sum(product => product * product) / images + squaredSum * squaredSum / ((double)images * images);
        return trace <= 1e-6 * squaredNorms ? 0 : trace * trace / squares;
    }

    private static double SquaredNorm(double* numbers, int count)
    {
        var sum = 0.0;
        for (int d = 0; d < count; d++)
        {
            sum += numbers[d] * numbers[d];
        }

        return sum;
    }
}
