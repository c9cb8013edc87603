using System.Runtime.CompilerServices;
using Clamp.Losses.Packing.Cpu.Lanes;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>
/// Kernel 3: from dE/dc and dE/dr back to the embeddings. With a = dE/dc / V and b = dE/dr * dr/dT * 2 / (V - 1),
/// <code>
/// dE/dp = a + b (p - c)
/// h     = (dE/dp - (dE/dp . p) p) / norm(x)        through p = x / norm(x)
/// dE/dz = h - mean of h                            through x = z - mu
/// </code>
/// Since norm(p) = 1, the part of dE/dp along p drops out of h, and with it b p: h = (q - (q . p) p) / norm(x), q = a - b c, where q
/// is the same for all views. That loses the deviations of views that nearly agree, which <see cref="DelicateImage"/> keeps.
/// Layout: embeddings [V, B, D] with any view and image strides; h and the result [V, B, D], contiguous.
/// Precision: float32, lane by lane; the sum of h in float32 over one image's views, in double over the batch.
/// Tolerance: 3e-6 relative to the norm. Reference: autograd through <see cref="Composite.CompositePacking"/>.
/// </summary>
internal static unsafe class EmbeddingGradient
{
    /// <summary>h of each chunk's images, and their sum, to D doubles per chunk.</summary>
    internal readonly struct ProjectWork<TLanes>(
        EmbeddingRows embeddings, BatchMemory batch, ClampLossOptions options, EmbeddingRows projected, CpuScratch scratch)
        : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
    {
        private readonly double _radiusScale = options.RadiusScale;
        private readonly double _sizeWeight = options.SizeWeight;

        public void Run(int chunk, int chunks)
        {
            var own = new ImageScratch(scratch.Of(chunk), embeddings.Shape);
            var ownSums = scratch.PartialSums + (nint)chunk * embeddings.Width;
            new Span<double>(ownSums, embeddings.Width).Clear();
            var (first, end) = embeddings.ImagesOf(chunk, chunks);
            for (int image = first; image < end; image++)
            {
                Project(image, own, ownSums);
            }
        }

        private void Project(int image, ImageScratch own, double* ownSums)
        {
            var (contactSum, radiusGradient) = (0.0, _sizeWeight);
            for (int worker = 0; worker < batch.Workers; worker++)
            {
                var sum = (nint)worker * embeddings.Images + image;
                contactSum += batch.ContactSums[sum];
                radiusGradient += batch.RadiusGradients[sum];
            }

            var deviationWeight = DeviationWeight(image, radiusGradient);
            if (batch.Delicate[image] != 0)
            {
                Combine(image, own.Extra, 1, contactSum);
                DelicateImage.Project(embeddings, batch.ExactMean, image, own, deviationWeight, projected, ownSums);
            }
            else
            {
                var share = 1.0 / embeddings.Views;
                Combine(image, own.Extra, share, share * contactSum + deviationWeight);
                ProjectViews(image, own, (float)deviationWeight, ownSums);
            }
        }

        /// <summary>b, from r = r_s sqrt(T / m + 1e-12), m = min(D, V), and T = sum of norm(p - c)^2 / (V - 1).</summary>
        private double DeviationWeight(int image, double radiusGradient)
        {
            var radiusOverScale = batch.Radii[image] / _radiusScale;
            var degrees = (double)Math.Min(embeddings.Width, embeddings.Views) * (embeddings.Views - 1);
            return radiusGradient * _radiusScale / (degrees * radiusOverScale);
        }

        /// <summary>forceWeight * (A C)_i - centroidWeight * c_i.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Combine(int image, float* result, double forceWeight, double centroidWeight)
        {
            var width = embeddings.Width;
            var whole = width - width % TLanes.Count;
            var offset = (nint)image * width;
            Combine<TLanes>(offset, result, (float)forceWeight, -(float)centroidWeight, 0, whole);
            Combine<Lanes1>(offset, result, (float)forceWeight, -(float)centroidWeight, whole, width);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Combine<T>(nint offset, float* result, float forceWeight, float centroidWeight, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            for (int d = from; d < to; d += T.Count)
            {
                var alongCentroid = T.Load(batch.Centroids + offset + d) * T.All(centroidWeight);
                T.MultiplyAdd(T.Load(batch.CentroidForces + offset + d), T.All(forceWeight), alongCentroid).Store(result + d);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void ProjectViews(int image, ImageScratch own, float deviationWeight, double* ownSums)
        {
            var (width, views) = (embeddings.Width, embeddings.Views);
            var whole = width - width % TLanes.Count;
            var inverseNorms = batch.InverseNorms + (nint)image * views;
            var imageSum = own.Row(2);
            new Span<float>(imageSum, width).Clear();
            for (int view = 0; view < views; view += 2)
            {
                var first = new View(embeddings[view, image], own.Row(0), projected[view, image], inverseNorms[view]);

                // The last of an odd number of views has itself for a partner, whose h is 0 and goes nowhere.
                var second = view + 1 < views
                    ? new View(embeddings[view + 1, image], own.Row(1), projected[view + 1, image], inverseNorms[view + 1])
                    : new View(first.Row, own.Row(1), own.Row(1), 0);
                var (alongFirst, alongSecond) = Along<TLanes>(first, second, own.Extra, deviationWeight, 0, whole);
                var (restOfFirst, restOfSecond) = Along<Lanes1>(first, second, own.Extra, deviationWeight, whole, width);
                alongFirst += restOfFirst - deviationWeight;
                alongSecond += restOfSecond - deviationWeight;
                Project<TLanes>(first, alongFirst, second, alongSecond, own.Extra, imageSum, 0, whole);
                Project<Lanes1>(first, alongFirst, second, alongSecond, own.Extra, imageSum, whole, width);
            }

            AddTo<TLanes>(imageSum, ownSums, 0, whole);
            AddTo<Lanes1>(imageSum, ownSums, whole, width);
        }

        /// <summary>
        /// p, and q . p + b = (q + b p) . p, without the cancellation in q . p where views nearly agree; of two views at a time, which share
        /// the loads of mean and q.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private (float First, float Second) Along<T>(View first, View second, float* gradient, float deviationWeight, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var meanHigh = batch.MeanHigh;
            var meanLow = batch.MeanLow;
            var (alongFirst, alongSecond) = (T.All(0), T.All(0));
            for (int d = from; d < to; d += T.Count)
            {
                var (high, low, q) = (T.Load(meanHigh + d), T.Load(meanLow + d), T.Load(gradient + d));
                var p = (T.Load(first.Row + d) - high - low) * T.All(first.InverseNorm);
                p.Store(first.Point + d);
                alongFirst = T.MultiplyAdd(T.MultiplyAdd(p, T.All(deviationWeight), q), p, alongFirst);
                p = (T.Load(second.Row + d) - high - low) * T.All(second.InverseNorm);
                p.Store(second.Point + d);
                alongSecond = T.MultiplyAdd(T.MultiplyAdd(p, T.All(deviationWeight), q), p, alongSecond);
            }

            return (alongFirst.Sum(), alongSecond.Sum());
        }

        /// <summary>h of two views, added to the image's sum.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Project<T>(
            View first, float alongFirst, View second, float alongSecond, float* gradient, float* imageSum, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            for (int d = from; d < to; d += T.Count)
            {
                var q = T.Load(gradient + d);
                var h = T.MultiplyAdd(T.Load(first.Point + d), T.All(-alongFirst), q) * T.All(first.InverseNorm);
                h.Store(first.Result + d);
                var other = T.MultiplyAdd(T.Load(second.Point + d), T.All(-alongSecond), q) * T.All(second.InverseNorm);
                other.Store(second.Result + d);
                (T.Load(imageSum + d) + (h + other)).Store(imageSum + d);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void AddTo<T>(float* imageSum, double* sums, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            for (int d = from; d < to; d += T.Count)
            {
                T.Load(imageSum + d).AddTo(sums + d);
            }
        }

        private readonly struct View(float* row, float* point, float* result, float inverseNorm)
        {
            public readonly float* Row = row;
            public readonly float* Point = point;
            public readonly float* Result = result;
            public readonly float InverseNorm = inverseNorm;
        }
    }

    /// <summary>(h - mean of h) * scale.</summary>
    internal readonly struct CentreWork<TLanes>(float* projected, double* sums, float scale, BatchShape shape, float* result)
        : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // As much of the mean as lies comfortably on the stack.
        private const int MostWidth = 1024;

        public void Run(int chunk, int chunks)
        {
            for (int from = 0; from < shape.Width; from += MostWidth)
            {
                Centre(shape.Rows * chunk / chunks, shape.Rows * (chunk + 1) / chunks, from, Math.Min(MostWidth, shape.Width - from));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Centre(long firstRow, long endRow, int from, int width)
        {
            var mean = stackalloc float[MostWidth];
            for (int d = 0; d < width; d++)
            {
                mean[d] = (float)(sums[from + d] / shape.AllRows);
            }

            var whole = width - width % TLanes.Count;
            for (long row = firstRow; row < endRow; row++)
            {
                var offset = (nint)row * shape.Width + from;
                Centre<TLanes>(offset, mean, 0, whole);
                Centre<Lanes1>(offset, mean, whole, width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Centre<T>(nint offset, float* mean, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            for (int d = from; d < to; d += T.Count)
            {
                ((T.Load(projected + offset + d) - T.Load(mean + d)) * T.All(scale)).Store(result + offset + d);
            }
        }
    }
}
