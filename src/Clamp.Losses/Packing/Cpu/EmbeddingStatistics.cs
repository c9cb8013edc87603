using System.Runtime.CompilerServices;
using Clamp.Losses.Packing.Cpu.Lanes;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>
/// Kernel 1: centre the embeddings, put them on the unit sphere, and measure each image's centroid, its squared norm and its radius.
/// Layout: embeddings [V, B, D] with any view and image strides; results per image, inverse norms [B, V].
/// Precision: the sum over the batch and the squared centroid norms in double; the mean as two float32 (<see cref="BatchMemory.Mean"/>);
/// the rest in float32, lane by lane. Images whose norms leave float32's comfortable range, or whose views nearly agree, are done
/// again in double (<see cref="DelicateImage"/>).
/// Tolerance: 1e-6 relative to each result. Reference: <see cref="Composite.SubManifolds"/>.
/// </summary>
internal static unsafe class EmbeddingStatistics
{
    /// <summary>The radius of a sub-manifold over r_s.</summary>
    /// <param name="spread">T.</param>
    /// <param name="embeddings">For V and D.</param>
    public static double RadiusOverScale(double spread, EmbeddingRows embeddings) =>
        Math.Sqrt(spread / Math.Min(embeddings.Width, embeddings.Views) + Floors.SquaredRadius);

    /// <summary>mu, from the sum of embeddings.</summary>
    /// <param name="batch">The step's memory.</param>
    public static void SetMean(BatchMemory batch)
    {
        var high = batch.MeanHigh;
        var low = batch.MeanLow;
        for (int d = 0; d < batch.Shape.Width; d++)
        {
            var exact = batch.EmbeddingSums[d] / batch.Shape.AllRows;
            batch.ExactMean[d] = exact;
            high[d] = (float)exact;
            low[d] = (float)(exact - high[d]);
        }
    }

    /// <summary>The sum of each chunk's embeddings, to D doubles per chunk.</summary>
    internal readonly struct SumWork<TLanes>(EmbeddingRows embeddings, double* sums) : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int chunk, int chunks)
        {
            var width = embeddings.Width;
            var whole = width - width % TLanes.Count;
            var own = sums + (nint)chunk * width;
            new Span<double>(own, width).Clear();
            var (first, end) = embeddings.ImagesOf(chunk, chunks);
            for (int image = first; image < end; image++)
            {
                Add<TLanes>(image, own, 0, whole);
                Add<Lanes1>(image, own, whole, width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Add<T>(int image, double* sums, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var first = embeddings[0, image];
            for (int d = from; d < to; d += T.Count)
            {
                T.AddRows(sums + d, first + d, embeddings.ViewStride, embeddings.Views);
            }
        }
    }

    /// <summary>The statistics of each chunk's images.</summary>
    internal readonly struct MeasureWork<TLanes>(EmbeddingRows embeddings, BatchMemory batch, double radiusScale, CpuScratch scratch)
        : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
    {
        public void Run(int chunk, int chunks)
        {
            var own = new ImageScratch(scratch.Of(chunk), embeddings.Shape);
            var (first, end) = embeddings.ImagesOf(chunk, chunks);
            for (int image = first; image < end; image++)
            {
                Measure(image, own);
            }
        }

        private void Measure(int image, ImageScratch own)
        {
            var centroid = batch.Centroids + (nint)image * embeddings.Width;
            var spread = SpreadOf(image, own, centroid);

            // Negated: a NaN spread is delicate, where it stays NaN.
            var delicate = !(spread >= Float32Limits.LeastSpread);
            batch.Delicate[image] = delicate ? (byte)1 : (byte)0;
            spread = delicate ? DelicateImage.SpreadOf(embeddings, batch.ExactMean, image, own, centroid) : spread;
            batch.Radii[image] = (float)(radiusScale * RadiusOverScale(spread, embeddings));
            batch.SquaredNorms[image] = SquaredNorm(centroid);
            new Span<float>(batch.CentroidForces + (nint)image * embeddings.Width, embeddings.Width).Clear();
            for (int worker = 0; worker < batch.Workers; worker++)
            {
                var sum = (nint)worker * embeddings.Images + image;
                (batch.ContactSums[sum], batch.RadiusGradients[sum]) = (0, 0);
            }
        }

        /// <summary>The centroid and the spread T about it; NaN when a norm is out of range.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private double SpreadOf(int image, ImageScratch own, float* centroid)
        {
            var width = embeddings.Width;
            var whole = width - width % TLanes.Count;
            var inverseNorms = batch.InverseNorms + (nint)image * embeddings.Views;
            var inRange = true;
            for (int view = 0; view < embeddings.Views; view += 2)
            {
                // The last of an odd number of views is its own partner.
                var other = Math.Min(view + 1, embeddings.Views - 1);
                var (rows, centred) = (new RowPair(embeddings[view, image], embeddings[other, image]), new RowPair(own.Row(view), own.Row(other)));
                var (first, second) = Centre<TLanes>(rows, centred, 0, whole);
                var (firstRest, secondRest) = Centre<Lanes1>(rows, centred, whole, width);
                inRange &= SetInverseNorm(first + firstRest, inverseNorms + view) & SetInverseNorm(second + secondRest, inverseNorms + other);
            }

            var deviations = Deviations<TLanes>(own, inverseNorms, centroid, 0, whole)
                + Deviations<Lanes1>(own, inverseNorms, centroid, whole, width);
            return inRange ? deviations / (embeddings.Views - 1) : double.NaN;
        }

        /// <summary>Whether a squared norm is within range.</summary>
        private static bool SetInverseNorm(float squaredNorm, float* inverseNorm)
        {
            *inverseNorm = (float)(1 / Math.Sqrt(squaredNorm));
            return squaredNorm is >= Float32Limits.LeastSquaredNorm and <= Float32Limits.LargestSquaredNorm;
        }

        /// <summary>x = z - mu and norm(x)^2, of two views at a time: they share the loads of the mean.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private (float First, float Second) Centre<T>(RowPair rows, RowPair centred, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var meanHigh = batch.MeanHigh;
            var meanLow = batch.MeanLow;
            var (first, second) = (T.All(0), T.All(0));
            for (int d = from; d < to; d += T.Count)
            {
                var (high, low) = (T.Load(meanHigh + d), T.Load(meanLow + d));
                var x = T.Load(rows.First + d) - high - low;
                x.Store(centred.First + d);
                first = T.MultiplyAdd(x, x, first);
                var y = T.Load(rows.Second + d) - high - low;
                y.Store(centred.Second + d);
                second = T.MultiplyAdd(y, y, second);
            }

            return (first.Sum(), second.Sum());
        }

        /// <summary>
        /// c = mean of p, and the sum over views of norm(p - c)^2: by the differences from the first view, which are no larger than the
        /// spread, never from 1 - norm(c)^2, which cancels.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private float Deviations<T>(ImageScratch own, float* inverseNorms, float* centroid, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var (views, stride) = (embeddings.Views, own.Stride);
            var rows = own.Row(0);
            var (share, total) = (T.All(1f / views), T.All(0));
            for (int d = from; d < to; d += T.Count)
            {
                var place = rows + d;
                var origin = T.Load(place) * T.All(inverseNorms[0]);
                var (sum, squares) = (T.All(0), T.All(0));
                for (int view = 1; view < views; view++)
                {
                    place += stride;
                    var difference = T.MultiplyAdd(T.Load(place), T.All(inverseNorms[view]), T.All(0) - origin);
                    sum += difference;
                    squares = T.MultiplyAdd(difference, difference, squares);
                }

                var mean = sum * share;
                (origin + mean).Store(centroid + d);
                total += squares - (sum * mean);
            }

            return total.Sum();
        }

        /// <summary>norm(c)^2, added up in double, since distances are small differences of such numbers.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private float SquaredNorm(float* centroid)
        {
            var width = embeddings.Width;
            var whole = width - width % TLanes.Count;
            var sums = stackalloc double[TLanes.Count];
            new Span<double>(sums, TLanes.Count).Clear();
            for (int d = 0; d < whole; d += TLanes.Count)
            {
                var c = TLanes.Load(centroid + d);
                (c * c).AddTo(sums);
            }

            for (int d = whole; d < width; d++)
            {
                sums[0] += centroid[d] * centroid[d];
            }

            var sum = 0.0;
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                sum += sums[lane];
            }

            return (float)sum;
        }

        private readonly struct RowPair(float* first, float* second)
        {
            public readonly float* First = first;
            public readonly float* Second = second;
        }
    }
}
