using System.Numerics;
using System.Runtime.CompilerServices;
using Clamp.Losses.Packing.Cpu.Lanes;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>
/// Kernel 2: the interactions of a strip of pairs, in place: c_i . c_j becomes A_ij = alpha w_rep u^(alpha-1) / (s d) on contacts and
/// 0 elsewhere, with u = 1 - d/s. Also the energy u^alpha, the sums of A, and dE/dr = alpha w_rep u^(alpha-1) d / s^2 where the reach
/// s = min(r_i + r_j + 1e-6, d_max) is not capped; for the images of rows, and where a pair stands for its mirror image for those of columns.
/// Layout: the strip [rows, columns], its rows contiguous at any stride, row i and column j at any place of the batch.
/// Close pairs: d^2 = norm(c_i)^2 + norm(c_j)^2 - 2 c_i . c_j cancels when centroids are close, and so does (A C)_i - sum(A) c_i.
/// Such pairs are done from c_i - c_j, the force too; until it has been applied, the strip holds -A for them (A is never negative).
/// Precision: float32, the energy in double from one row of one strip on; sums of A and dE/dr in double from one strip on.
/// NaN: comparisons are negated, so that a NaN distance is a contact and reaches the energy.
/// Tolerance: 3e-6 relative to norms over a row. Reference: <see cref="Composite.Contacts"/>.
/// </summary>
internal static unsafe class PairInteractions
{
    /// <summary>u^(alpha - 1).</summary>
    internal interface IOverlapPower
    {
        /// <summary>The power of overlaps.</summary>
        /// <typeparam name="T">The lanes.</typeparam>
        /// <param name="overlap">u.</param>
        T Of<T>(T overlap)
            where T : unmanaged, ILanes<T>;
    }

    /// <summary>alpha = 2.</summary>
    internal readonly struct Harmonic : IOverlapPower
    {
        public T Of<T>(T overlap)
            where T : unmanaged, ILanes<T> => overlap;
    }

    /// <summary>alpha a multiple of one half: a root and products.</summary>
    internal readonly struct HalfPower(int halves) : IOverlapPower
    {
        /// <summary>The largest 2 alpha for which products are faster than <see cref="AnyPower"/>.</summary>
        public const double Most = 12;

        public T Of<T>(T overlap)
            where T : unmanaged, ILanes<T>
        {
            var power = halves % 2 == 0 ? T.All(1) : T.Sqrt(overlap);
            for (int factor = 0; factor < halves / 2; factor++)
            {
                power *= overlap;
            }

            return power;
        }
    }

    /// <summary>Any alpha.</summary>
    internal readonly struct AnyPower(float exponentLessOne) : IOverlapPower
    {
        public T Of<T>(T overlap)
            where T : unmanaged, ILanes<T> => T.Power(overlap, exponentLessOne);
    }

    /// <summary>A strip of pairs and where its sums go.</summary>
    internal struct Strip
    {
        public PairStrip Pairs;
        public Matrix Matrix;
        public BatchMemory Batch;
        public CpuScratch Scratch;
        public float Strength;
        public float LeastSquaredDistance;
        public float LargestReach;

        /// <summary>How many columns lie beside the diagonal.</summary>
        public readonly int Beside => Pairs.Columns - Pairs.Unmirrored;

        /// <summary>The rows of one chunk out of several.</summary>
        /// <param name="chunk">Its number.</param>
        /// <param name="chunks">How many there are.</param>
        public readonly (int First, int End) RowsOf(int chunk, int chunks) =>
            ((int)((long)Pairs.Rows * chunk / chunks), (int)((long)Pairs.Rows * (chunk + 1) / chunks));

        /// <summary>The numbers of one row.</summary>
        /// <param name="row">Which row.</param>
        public readonly float* Row(int row) => Matrix.Data + (nint)row * Matrix.Stride;
    }

    /// <summary>What a worker has met in a strip.</summary>
    internal struct Found
    {
        public double Energy;
        public bool AnyContact;
        public bool AnyClose;
    }

    /// <summary>The rows of a strip.</summary>
    internal readonly struct RowWork<TLanes, TPower>(Strip strip, TPower power) : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
        where TPower : unmanaged, IOverlapPower
    {
        public void Run(int chunk, int chunks)
        {
            // The sums of A, then of dE/dr, over each column beside the diagonal.
            var columnSums = strip.Scratch.Of(chunk);
            new Span<float>(columnSums, 2 * strip.Beside).Clear();
            var found = default(Found);
            var (first, end) = strip.RowsOf(chunk, chunks);
            for (int row = first; row < end; row++)
            {
                Interact(row, chunk, columnSums, ref found);
            }

            strip.Scratch.Found[chunk] = found;
            AddColumns(chunk, columnSums);
        }

        private void AddColumns(int chunk, float* columnSums)
        {
            var firstSum = (nint)chunk * strip.Batch.Shape.Images + strip.Pairs.Column + strip.Pairs.Unmirrored;
            for (int column = 0; column < strip.Beside; column++)
            {
                strip.Batch.ContactSums[firstSum + column] += columnSums[column];
                strip.Batch.RadiusGradients[firstSum + column] += columnSums[strip.Beside + column];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Interact(int row, int chunk, float* columnSums, ref Found found)
        {
            var (unmirrored, columns) = (strip.Pairs.Unmirrored, strip.Pairs.Columns);
            var sums = default(RowSums);
            var whole = unmirrored - unmirrored % TLanes.Count;
            Interact<TLanes>(row, null, ref sums, 0, whole);
            Interact<Lanes1>(row, null, ref sums, whole, unmirrored);

            // Each pair without its mirror image comes twice.
            sums.Energy /= 2;
            whole = columns - strip.Beside % TLanes.Count;
            Interact<TLanes>(row, columnSums - unmirrored, ref sums, unmirrored, whole);
            Interact<Lanes1>(row, columnSums - unmirrored, ref sums, whole, columns);
            var sum = (nint)chunk * strip.Batch.Shape.Images + strip.Pairs.Row + row;
            strip.Batch.ContactSums[sum] += sums.Contact;
            strip.Batch.RadiusGradients[sum] += sums.RadiusGradient;
            strip.Scratch.CloseRows[row] = sums.AnyClose;
            found.Energy += sums.Energy;
            found.AnyContact |= sums.AnyContact;
            found.AnyClose |= sums.AnyClose;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Interact<T>(int row, float* columnSums, ref RowSums sums, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var image = strip.Pairs.Row + row;
            var products = strip.Row(row);
            var squaredNorms = strip.Batch.SquaredNorms + strip.Pairs.Column;
            var radii = strip.Batch.Radii + strip.Pairs.Column;
            var ownSquaredNorm = T.All(strip.Batch.SquaredNorms[image]);
            var ownRadius = T.All(strip.Batch.Radii[image] + (float)Floors.Reach);
            var (energy, contact, radiusGradient) = (T.All(0), T.All(0), T.All(0));
            for (int column = from; column < to; column += T.Count)
            {
                var place = products + column;
                var squaredNorm = ownSquaredNorm + T.Load(squaredNorms + column);
                var squaredDistance = T.MultiplyAdd(T.Load(place), T.All(-2), squaredNorm);
                var close = T.AtMost(squaredDistance, squaredNorm * T.All(Float32Limits.CloseFraction));
                squaredDistance += T.All((float)Floors.SquaredDistance);
                var freeReach = ownRadius + T.Load(radii + column);
                var reach = T.Min(freeReach, T.All(strip.LargestReach));
                var apart = T.AtMost(squaredDistance, T.All(strip.LeastSquaredDistance)) | T.AtMost(reach * reach, squaredDistance) | close;
                var touching = ~apart;
                if (touching.Signs() != 0)
                {
                    var pair = Contact(squaredDistance, reach, freeReach, touching);
                    pair.Factor.Store(place);
                    energy += pair.Energy;
                    contact += pair.Factor;
                    radiusGradient += pair.RadiusGradient;
                    sums.AnyContact = true;
                    if (columnSums != null)
                    {
                        var columnGradients = columnSums + strip.Beside;
                        (T.Load(columnSums + column) + pair.Factor).Store(columnSums + column);
                        (T.Load(columnGradients + column) + pair.RadiusGradient).Store(columnGradients + column);
                    }
                }
                else
                {
                    T.All(0).Store(place);
                }

                if (close.Signs() is not 0 and var closeLanes)
                {
                    InteractClosely(row, column, closeLanes, columnSums, ref sums);
                }
            }

            sums.Energy += energy.Sum();
            sums.Contact += contact.Sum();
            sums.RadiusGradient += radiusGradient.Sum();
        }

        /// <summary>A, u^alpha and dE/dr of pairs, 0 where they do not touch.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private (T Factor, T Energy, T RadiusGradient) Contact<T>(T squaredDistance, T reach, T freeReach, T touching)
            where T : unmanaged, ILanes<T>
        {
            var distance = T.Sqrt(squaredDistance);

            // One quotient serves all: 1 / (s^2 d).
            var inverse = T.All(1) / (reach * reach * distance);
            var inverseReach = reach * distance * inverse;
            var overlap = (reach - distance) * inverseReach;
            var raised = power.Of(overlap);
            var factor = (T.All(strip.Strength) * raised * reach * inverse) & touching;
            var free = T.AtMost(freeReach, T.All(strip.LargestReach));
            return (factor, (overlap * raised) & touching, (factor * squaredDistance * inverseReach) & touching & free);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void InteractClosely(int row, int column, uint lanes, float* columnSums, ref RowSums sums)
        {
            for (; lanes != 0; lanes &= lanes - 1)
            {
                InteractClosely(row, column + BitOperations.TrailingZeroCount(lanes), columnSums, ref sums);
            }
        }

        private void InteractClosely(int row, int column, float* columnSums, ref RowSums sums)
        {
            var (image, other) = (strip.Pairs.Row + row, strip.Pairs.Column + column);
            if (image == other)
            {
                return;
            }

            var squaredDistance = SquaredDistance(image, other) + (float)Floors.SquaredDistance;
            var freeReach = strip.Batch.Radii[image] + strip.Batch.Radii[other] + (float)Floors.Reach;
            var reach = MathF.Min(freeReach, strip.LargestReach);
            if (squaredDistance <= strip.LeastSquaredDistance || squaredDistance >= reach * reach)
            {
                return;
            }

            var pair = Contact(Lanes1.All(squaredDistance), Lanes1.All(reach), Lanes1.All(freeReach), ~Lanes1.All(0));
            strip.Row(row)[column] = -pair.Factor.Sum();
            sums.Energy += pair.Energy.Sum();
            sums.RadiusGradient += pair.RadiusGradient.Sum();
            sums.AnyClose = true;
            if (columnSums != null)
            {
                columnSums[strip.Beside + column] += pair.RadiusGradient.Sum();
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private float SquaredDistance(int image, int other)
        {
            var width = strip.Batch.Shape.Width;
            var whole = width - width % TLanes.Count;
            var left = strip.Batch.Centroids + (nint)image * width;
            var right = strip.Batch.Centroids + (nint)other * width;
            return SquaredDistance<TLanes>(left, right, 0, whole) + SquaredDistance<Lanes1>(left, right, whole, width);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float SquaredDistance<T>(float* left, float* right, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var squares = T.All(0);
            for (int d = from; d < to; d += T.Count)
            {
                var difference = T.Load(left + d) - T.Load(right + d);
                squares = T.MultiplyAdd(difference, difference, squares);
            }

            return squares.Sum();
        }

        private struct RowSums
        {
            public double Energy;
            public float Contact;
            public float RadiusGradient;
            public bool AnyContact;
            public bool AnyClose;
        }
    }

    /// <summary>
    /// The forces A (c_j - c_i) of the close pairs of a strip. Each chunk does all pairs for its own dimensions of space, so that no two
    /// write the same number.
    /// </summary>
    internal readonly struct CloseForceWork<TLanes>(Strip strip) : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
    {
        private int Width => strip.Batch.Shape.Width;

        public void Run(int chunk, int chunks)
        {
            var steps = (Width + TLanes.Count - 1) / TLanes.Count;
            var from = (int)((long)steps * chunk / chunks) * TLanes.Count;
            var to = Math.Min(Width, (int)((long)steps * (chunk + 1) / chunks) * TLanes.Count);
            for (int row = 0; row < strip.Pairs.Rows; row++)
            {
                for (int column = 0; strip.Scratch.CloseRows[row] && column < strip.Pairs.Columns; column++)
                {
                    if (strip.Row(row)[column] < 0)
                    {
                        Repel(row, column, -strip.Row(row)[column], from, to);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Repel(int row, int column, float factor, int from, int to)
        {
            var image = (nint)(strip.Pairs.Row + row) * Width;
            var other = (nint)(strip.Pairs.Column + column) * Width;
            var mirrored = column >= strip.Pairs.Unmirrored;
            var whole = from + (to - from) / TLanes.Count * TLanes.Count;
            Repel<TLanes>(image, other, mirrored, factor, from, whole);
            Repel<Lanes1>(image, other, mirrored, factor, whole, to);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Repel<T>(nint image, nint other, bool mirrored, float factor, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var centroids = strip.Batch.Centroids;
            var forces = strip.Batch.CentroidForces;
            for (int d = from; d < to; d += T.Count)
            {
                var force = (T.Load(centroids + other + d) - T.Load(centroids + image + d)) * T.All(factor);
                (T.Load(forces + image + d) + force).Store(forces + image + d);
                if (mirrored)
                {
                    (T.Load(forces + other + d) - force).Store(forces + other + d);
                }
            }
        }
    }

    /// <summary>Takes the close pairs, whose forces have been applied, out of A.</summary>
    internal readonly struct ClearCloseWork(Strip strip) : IChunkedWork
    {
        public void Run(int chunk, int chunks)
        {
            var (first, end) = strip.RowsOf(chunk, chunks);
            for (int row = first; row < end; row++)
            {
                for (int column = 0; strip.Scratch.CloseRows[row] && column < strip.Pairs.Columns; column++)
                {
                    ref var factor = ref strip.Row(row)[column];
                    factor = factor < 0 ? 0 : factor;
                }
            }
        }
    }
}
