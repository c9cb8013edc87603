// Kernel 2a: the interactions of a block of pairs, in place: c_i . c_j becomes A_ij = alpha w_rep u^(alpha-1) / (s d) on contacts and 0
// elsewhere, with u = 1 - d/s. Also the energy u^alpha, the sums of A, and dE/dr = alpha w_rep u^(alpha-1) d / s^2 where the reach
// s = min(r_i + r_j + 1e-6, d_max) is not capped; for the images of rows, and in a mirrored block for those of columns.
// Layout: the block [rows, columns], its rows contiguous at any stride, row i and column j at any place of the batch. A block of threads
// does a tile of 128 columns and up to 64 rows, a warp one row of it at a time, a lane four neighbours. Each tile writes its own sums, which PairSums.cu
// adds up in a fixed order: results repeat bit for bit.
// Close pairs: d^2 = norm(c_i)^2 + norm(c_j)^2 - 2 c_i . c_j cancels when centroids are close, and so does (A C)_i - sum(A) c_i. Such
// pairs are done from c_i - c_j, the force too: the block holds -A for them (A is never negative) and the tile is flagged, until
// CloseForces.cu has applied it.
// Precision: float32, sums beyond a tile in double. 1/d and 1/s are approximate, to 2 units in the last place.
// NaN: comparisons are negated, so that a NaN distance is a contact and reaches the energy.
// Tolerance: 3e-6 relative to norms over a row. Reference: Composite.Contacts; the same on the CPU: Cpu.PairInteractions.
#include "Pairs.cuh"

__device__ inline float infinity()
{
    return __uint_as_float(0x7f800000u);
}

struct Potential
{
    float strength;
    float exponentLessOne;
    float leastSquaredDistance;
    float largestReach;

    __device__ float reach(float freeReach) const
    {
        return freeReach > largestReach ? largestReach : freeReach;
    }

    __device__ bool touches(float squaredDistance, float freeReach) const
    {
        const float reach = this->reach(freeReach);
        return !(squaredDistance <= leastSquaredDistance || squaredDistance >= reach * reach);
    }
};

// A, u^alpha and dE/dr of a contact.
struct Contact
{
    float factor;
    float energy;
    float radiusGradient;
};

template <bool Harmonic>
__device__ inline Contact contact_of(float squaredDistance, float freeReach, Potential potential)
{
    const float reach = potential.reach(freeReach);
    const float inverseDistance = rsqrtf(squaredDistance);
    const float inverseReach = __fdividef(1, reach);

    // Newton's step: an overlap is the small difference of a reach and a distance, which must be right to its last place.
    const float rough = squaredDistance * inverseDistance;
    const float distance = fmaf(fmaf(-rough, rough, squaredDistance), 0.5f * inverseDistance, rough);
    const float overlap = (reach - distance) * inverseReach;
    const float raised = Harmonic ? overlap : powf(overlap, potential.exponentLessOne);
    const float factor = potential.strength * raised * inverseReach * inverseDistance;
    const bool capped = freeReach > potential.largestReach;
    return {factor, overlap * raised, capped ? 0 : factor * squaredDistance * inverseReach};
}

// norm(c_i - c_j)^2, by a whole warp; an image is infinitely far from itself.
__device__ inline float squared_distance(Centroids centroids, int image, int other)
{
    if (image == other)
    {
        return infinity();
    }

    // By four where rows are aligned; more loads at once would need more registers than there are.
    const float* left = centroids.of(image);
    const float* right = centroids.of(other);
    const int lane = threadIdx.x % WARP_SIZE;
    float squares = 0;
    if (centroids.aligned)
    {
#pragma unroll 1
        for (int d = lane * 4; d < centroids.width; d += WARP_NUMBERS)
        {
            const Quad difference = *reinterpret_cast<const Quad*>(left + d) - *reinterpret_cast<const Quad*>(right + d);
            squares = add_products(difference, difference, squares);
        }
    }
    else
    {
#pragma unroll 1
        for (int d = lane; d < centroids.width; d += WARP_SIZE)
        {
            squares = fmaf(left[d] - right[d], left[d] - right[d], squares);
        }
    }

    return warp_sum(squares);
}

// One row of a tile: what is known of its image, and a lane's share of its sums of A and dE/dr.
struct Row
{
    int image;
    float norm;
    float reach;
    float contacts;
    float radiusGradients;
};

// The same of a lane's four columns; where they begin, and how many of them the block has.
struct Columns
{
    int firstImage;
    int inside;
    Quad norms;
    Quad radii;
};

// What a lane adds up over the rows of a tile: energy, and for each of its columns the sums of A and dE/dr; whether a contact was close.
struct LaneSums
{
    float energy;
    bool close;
    Quad contacts;
    Quad radiusGradients;
};

struct Distances
{
    float squared[4];
    unsigned close;
};

__device__ inline Distances distances_of(Quad products, const Row& row, const Columns& columns, Centroids centroids)
{
    Distances result = {};
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        const float squaredNorms = row.norm + columns.norms.at[k];
        result.squared[k] = k < columns.inside ? fmaf(products.at[k], -2, squaredNorms) : infinity();
        result.close |= (result.squared[k] <= squaredNorms * CLOSE_FRACTION) << k;
    }

    // The whole warp works for one lane after another.
    const int ownLane = threadIdx.x % WARP_SIZE;
#pragma unroll 1
    for (unsigned lanes = __ballot_sync(AllLanes, result.close != 0); lanes != 0; lanes &= lanes - 1)
    {
        const int lane = __ffs(lanes) - 1;
#pragma unroll 1
        for (unsigned close = __shfl_sync(AllLanes, result.close, lane); close != 0; close &= close - 1)
        {
            const int place = __ffs(close) - 1;
            const float exact = squared_distance(centroids, row.image, columns.firstImage + (lane - ownLane) * 4 + place);
#pragma unroll
            for (int k = 0; k < 4; k++)
            {
                result.squared[k] = ownLane == lane && place == k ? exact : result.squared[k];
            }
        }
    }

    return result;
}

// Four pairs of a row: from c_i . c_j to A.
template <bool Harmonic>
__device__ Quad interact(
    Quad products, Row& row, const Columns& columns, LaneSums& sums, Centroids centroids, Potential potential)
{
    Distances distances = distances_of(products, row, columns, centroids);
    bool anyTouching = false;
    bool touching[4];
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        distances.squared[k] += SQUARED_DISTANCE_FLOOR;
        touching[k] = potential.touches(distances.squared[k], row.reach + columns.radii.at[k]);
        anyTouching |= touching[k];
    }

    Quad pairs = Quad{};
    if (!__any_sync(AllLanes, anyTouching))
    {
        return pairs;
    }

#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        if (touching[k])
        {
            const bool close = distances.close >> k & 1;
            const Contact contact = contact_of<Harmonic>(distances.squared[k], row.reach + columns.radii.at[k], potential);
            pairs.at[k] = close ? -contact.factor : contact.factor;
            sums.energy += contact.energy;
            sums.close |= close;
            sums.contacts.at[k] += close ? 0 : contact.factor;
            sums.radiusGradients.at[k] += contact.radiusGradient;
            row.contacts += close ? 0 : contact.factor;
            row.radiusGradients += contact.radiusGradient;
        }
    }

    row.contacts = warp_sum(row.contacts);
    row.radiusGradients = warp_sum(row.radiusGradients);
    return pairs;
}

struct TileMemory
{
    float rowNorms[TILE_ROWS];
    float rowReaches[TILE_ROWS];
    Quad columnNorms[WARP_SIZE];
    Quad columnRadii[WARP_SIZE];
    float columnSums[2][BLOCK_WARPS][WARP_NUMBERS];
    double perWarp[BLOCK_WARPS];
};

template <bool Harmonic>
__device__ void interact_tile(
    PairBlock block,
    int tileRows,
    Centroids centroids,
    Potential potential,
    bool forces,
    const TileMemory& memory,
    float* rowSums,
    LaneSums& sums)
{
    const int lane = threadIdx.x % WARP_SIZE;
    const int firstRow = blockIdx.y * tileRows;
    const int endRow = min(firstRow + tileRows, block.rows);
    const int column = blockIdx.x * WARP_NUMBERS + lane * 4;
    const bool aligned = is_aligned(block.pairs, block.stride);
    int place = firstRow + threadIdx.x / WARP_SIZE;
    Quad next = place < endRow ? load(block.row(place), column, block.columns, aligned) : Quad{};
#pragma unroll 1
    for (; place < endRow; place += BLOCK_WARPS)
    {
        // The next row is on its way while this one is worked on.
        const Quad products = next;
        next = place + BLOCK_WARPS < endRow ? load(block.row(place + BLOCK_WARPS), column, block.columns, aligned) : Quad{};
        Row row = {block.firstRow + place, memory.rowNorms[place - firstRow], memory.rowReaches[place - firstRow], 0, 0};
        const Columns columns = {block.firstColumn + column, block.columns - column, memory.columnNorms[lane], memory.columnRadii[lane]};
        const Quad pairs = interact<Harmonic>(products, row, columns, sums, centroids, potential);
        if (forces)
        {
            store(pairs, block.row(place), column, block.columns, aligned);
        }

        if (lane == 0)
        {
            rowSums[(blockIdx.x * 2LL) * block.rows + place] = row.contacts;
            rowSums[(blockIdx.x * 2LL + 1) * block.rows + place] = row.radiusGradients;
        }
    }
}

// A tile of pairs, of tileRows <= 64 rows. Grid (columns / 128, rows / tileRows), block 256.
extern "C" __global__ void __launch_bounds__(256, 4) interact_pairs(
    float* pairs,
    Offset stride,
    int row,
    int rows,
    int column,
    int columns,
    int tileRows,
    int mirrored,
    int forces,
    const float* centroids,
    int width,
    const float* squaredNorms,
    const float* radii,
    float strength,
    float exponentLessOne,
    float leastSquaredDistance,
    float largestReach,
    float* rowSums,
    float* columnSums,
    double* tileEnergies,
    unsigned char* closeTiles)
{
    __shared__ TileMemory memory;
    const PairBlock block = {pairs, stride, row, rows, column, columns};
    const Potential potential = {strength, exponentLessOne, leastSquaredDistance, largestReach};
    const int place = threadIdx.x;
    const int tileRow = blockIdx.y * tileRows + place;
    if (place < tileRows && tileRow < rows)
    {
        memory.rowNorms[place] = squaredNorms[row + tileRow];
        memory.rowReaches[place] = radii[row + tileRow] + REACH_FLOOR;
    }

    if (place < WARP_SIZE)
    {
        const int tileColumn = blockIdx.x * WARP_NUMBERS + place * 4;
        memory.columnNorms[place] = load(squaredNorms + column, tileColumn, columns, false);
        memory.columnRadii[place] = load(radii + column, tileColumn, columns, false);
    }

    __syncthreads();
    LaneSums sums = {0, false, Quad{}, Quad{}};
    if (exponentLessOne == 1)
    {
        interact_tile<true>(block, tileRows, Centroids(centroids, width), potential, forces, memory, rowSums, sums);
    }
    else
    {
        interact_tile<false>(block, tileRows, Centroids(centroids, width), potential, forces, memory, rowSums, sums);
    }

    const double energy = block_sum(sums.energy, memory.perWarp);
    const bool anyClose = __syncthreads_or(sums.close);
    if (place == 0)
    {
        const Offset tile = static_cast<Offset>(blockIdx.y) * gridDim.x + blockIdx.x;
        tileEnergies[tile] = energy;
        closeTiles[tile] = anyClose;
    }

    if (!mirrored)
    {
        return;
    }

#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        const int lane = place % WARP_SIZE;
        memory.columnSums[0][place / WARP_SIZE][lane * 4 + k] = sums.contacts.at[k];
        memory.columnSums[1][place / WARP_SIZE][lane * 4 + k] = sums.radiusGradients.at[k];
    }

    __syncthreads();
    const int kind = place / WARP_NUMBERS;
    const int tileColumn = place % WARP_NUMBERS;
    if (blockIdx.x * WARP_NUMBERS + tileColumn < columns)
    {
        float sum = 0;
        for (int warp = 0; warp < BLOCK_WARPS; warp++)
        {
            sum += memory.columnSums[kind][warp][tileColumn];
        }

        columnSums[(blockIdx.y * 2LL + kind) * columns + blockIdx.x * WARP_NUMBERS + tileColumn] = sum;
    }
}
