using System.Numerics;
using System.Runtime.CompilerServices;

namespace Clamp.Losses.Packing.Cpu;

/// <summary>
/// Kernel 2: the interactions of a block of pairs, in place: c_i . c_j becomes A_ij = alpha w_rep u^(alpha-1) / (s d) on contacts and
/// 0 elsewhere, with u = 1 - d/s. Also the energy u^alpha, the sums of A, and dE/dr = alpha w_rep u^(alpha-1) d / s^2 where the reach
/// s = min(r_i + r_j + 1e-6, d_max) is not capped; for the images of rows, and in a mirrored block for those of columns.
/// Layout: the block [rows, columns], its rows contiguous at any stride, row i and column j at any place of the batch.
/// Close pairs: d^2 = norm(c_i)^2 + norm(c_j)^2 - 2 c_i . c_j cancels when centroids are close, and so does (A C)_i - sum(A) c_i.
/// Such pairs are done from c_i - c_j, the force too; until it has been applied, the block holds -A for them (A is never negative).
/// Precision: float32, the energy in double from one row of one block on; sums of A and dE/dr in double from one block on.
/// NaN: comparisons are negated, so that a NaN distance is a contact and reaches the energy.
/// Tolerance: 3e-6 relative to norms over a row. Reference: <see cref="Composite.Contacts"/>.
/// </summary>
internal static unsafe class PairInteractions
{
    // Below this fraction of norm(c_i)^2 + norm(c_j)^2, d^2 from the Gram matrix would be wrong by more than about 5e-6.
    private const float CloseFraction = 1f / 16;

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

    /// <summary>Any alpha.</summary>
    internal readonly struct AnyPower(float exponentLessOne) : IOverlapPower
    {
        public T Of<T>(T overlap)
            where T : unmanaged, ILanes<T> => T.Power(overlap, exponentLessOne);
    }

    /// <summary>The pairs of a block and where their sums go.</summary>
    internal struct Pairs
    {
        public float* Gram;
        public nint GramStride;
        public PairBlock Block;
        public BatchMemory Batch;
        public int Width;
        public float Strength;
        public float LeastSquaredDistance;
        public float LargestReach;

        /// <summary>The sums of A, then of dE/dr, over each column: 2 * columns numbers per chunk.</summary>
        public float* ColumnSums;

        /// <summary>Per chunk.</summary>
        public ChunkTotals* Totals;
    }

    /// <summary>What a chunk of rows adds up to.</summary>
    internal struct ChunkTotals
    {
        public double Energy;
        public bool AnyContact;
        public bool AnyClose;
    }

    /// <summary>The rows of a block.</summary>
    internal readonly struct RowWork<TLanes, TPower>(Pairs pairs, TPower power) : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
        where TPower : unmanaged, IOverlapPower
    {
        public void Run(int chunk, int chunks)
        {
            var block = pairs.Block;
            var totals = default(ChunkTotals);
            var columnSums = block.Mirrored ? pairs.ColumnSums + (nint)chunk * 2 * block.Columns : null;
            if (block.Mirrored)
            {
                new Span<float>(columnSums, 2 * block.Columns).Clear();
            }

            var end = (int)((long)block.Rows * (chunk + 1) / chunks);
            for (int row = (int)((long)block.Rows * chunk / chunks); row < end; row++)
            {
                Interact(row, columnSums, ref totals);
            }

            pairs.Totals[chunk] = totals;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Interact(int row, float* columnSums, ref ChunkTotals totals)
        {
            var columns = pairs.Block.Columns;
            var whole = columns - columns % TLanes.Count;
            var sums = default(RowSums);
            Interact<TLanes>(row, columnSums, ref sums, 0, whole);
            Interact<Lanes1>(row, columnSums, ref sums, whole, columns);
            var image = pairs.Block.Row + row;
            pairs.Batch.ContactSums[image] += sums.Contact;
            pairs.Batch.RadiusGradients[image] += sums.RadiusGradient;
            totals.Energy += sums.Energy;
            totals.AnyContact |= sums.AnyContact;
            totals.AnyClose |= sums.AnyClose;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Interact<T>(int row, float* columnSums, ref RowSums sums, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var image = pairs.Block.Row + row;
            var gram = pairs.Gram + row * pairs.GramStride;
            var squaredNorms = pairs.Batch.SquaredNorms + pairs.Block.Column;
            var radii = pairs.Batch.Radii + pairs.Block.Column;
            var ownSquaredNorm = T.All(pairs.Batch.SquaredNorms[image]);
            var ownRadius = T.All(pairs.Batch.Radii[image] + (float)Floors.Reach);
            var (energy, contact, radiusGradient) = (T.All(0), T.All(0), T.All(0));
            for (int column = from; column < to; column += T.Count)
            {
                var place = gram + column;
                var squaredNorm = ownSquaredNorm + T.Load(squaredNorms + column);
                var squaredDistance = T.MultiplyAdd(T.Load(place), T.All(-2), squaredNorm);
                var close = T.AtMost(squaredDistance, squaredNorm * T.All(CloseFraction));
                squaredDistance += T.All((float)Floors.SquaredDistance);
                var freeReach = ownRadius + T.Load(radii + column);
                var reach = T.Min(freeReach, T.All(pairs.LargestReach));
                var apart = T.AtMost(squaredDistance, T.All(pairs.LeastSquaredDistance)) | T.AtMost(reach * reach, squaredDistance) | close;
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
                        var columnGradients = columnSums + pairs.Block.Columns;
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
            var factor = (T.All(pairs.Strength) * raised * reach * inverse) & touching;
            var free = T.AtMost(freeReach, T.All(pairs.LargestReach));
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
            var (image, other) = (pairs.Block.Row + row, pairs.Block.Column + column);
            if (image == other)
            {
                return;
            }

            var squaredDistance = SquaredDistance(image, other) + (float)Floors.SquaredDistance;
            var freeReach = pairs.Batch.Radii[image] + pairs.Batch.Radii[other] + (float)Floors.Reach;
            var reach = MathF.Min(freeReach, pairs.LargestReach);
            if (squaredDistance <= pairs.LeastSquaredDistance || squaredDistance >= reach * reach)
            {
                return;
            }

            var pair = Contact(Lanes1.All(squaredDistance), Lanes1.All(reach), Lanes1.All(freeReach), ~Lanes1.All(0));
            pairs.Gram[row * pairs.GramStride + column] = -pair.Factor.Sum();
            sums.Energy += pair.Energy.Sum();
            sums.RadiusGradient += pair.RadiusGradient.Sum();
            sums.AnyClose = true;
            if (columnSums != null)
            {
                columnSums[pairs.Block.Columns + column] += pair.RadiusGradient.Sum();
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private float SquaredDistance(int image, int other)
        {
            var whole = pairs.Width - pairs.Width % TLanes.Count;
            var left = pairs.Batch.Centroids + (nint)image * pairs.Width;
            var right = pairs.Batch.Centroids + (nint)other * pairs.Width;
            return SquaredDistance<TLanes>(left, right, 0, whole) + SquaredDistance<Lanes1>(left, right, whole, pairs.Width);
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
    /// The forces A (c_j - c_i) of the close pairs of a block. Each chunk does all pairs for its own dimensions of space, so that no two
    /// write the same number.
    /// </summary>
    internal readonly struct CloseForceWork<TLanes>(Pairs pairs) : IChunkedWork
        where TLanes : unmanaged, ILanes<TLanes>
    {
        public void Run(int chunk, int chunks)
        {
            var steps = (pairs.Width + TLanes.Count - 1) / TLanes.Count;
            var from = (int)((long)steps * chunk / chunks) * TLanes.Count;
            var to = Math.Min(pairs.Width, (int)((long)steps * (chunk + 1) / chunks) * TLanes.Count);
            for (int row = 0; row < pairs.Block.Rows; row++)
            {
                var factors = new ReadOnlySpan<float>(pairs.Gram + row * pairs.GramStride, pairs.Block.Columns);
                for (int column = 0; column < factors.Length; column++)
                {
                    if (factors[column] < 0)
                    {
                        Repel(pairs.Block.Row + row, pairs.Block.Column + column, -factors[column], from, to);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Repel(int image, int other, float factor, int from, int to)
        {
            var whole = from + (to - from) / TLanes.Count * TLanes.Count;
            Repel<TLanes>((nint)image * pairs.Width, (nint)other * pairs.Width, factor, from, whole);
            Repel<Lanes1>((nint)image * pairs.Width, (nint)other * pairs.Width, factor, whole, to);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Repel<T>(nint image, nint other, float factor, int from, int to)
            where T : unmanaged, ILanes<T>
        {
            var centroids = pairs.Batch.Centroids;
            var forces = pairs.Batch.CentroidForces;
            for (int d = from; d < to; d += T.Count)
            {
                var force = (T.Load(centroids + other + d) - T.Load(centroids + image + d)) * T.All(factor);
                (T.Load(forces + image + d) + force).Store(forces + image + d);
                if (pairs.Block.Mirrored)
                {
                    (T.Load(forces + other + d) - force).Store(forces + other + d);
                }
            }
        }
    }
}
