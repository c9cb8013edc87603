// Kernel 2: the interactions of a block of pairs, in place: c_i . c_j becomes A_ij = alpha w_rep u^(alpha-1) / (s d) on contacts and 0
// elsewhere, with u = 1 - d/s. Also the energy u^alpha, the sums of A, and dE/dr = alpha w_rep u^(alpha-1) d / s^2 where the reach
// s = min(r_i + r_j + 1e-6, d_max) is not capped; for the images of rows, and in a mirrored block for those of columns.
// Layout: the block [rows, columns], its rows contiguous at any stride, row i and column j at any place of the batch. A block of threads
// does a tile of 64 x 128 pairs, a warp one row of it at a time, a lane four neighbours. Each tile writes its own sums, which a second
// kernel adds up in a fixed order: results repeat bit for bit.
// Close pairs: d^2 = norm(c_i)^2 + norm(c_j)^2 - 2 c_i . c_j cancels when centroids are close, and so does (A C)_i - sum(A) c_i. Such
// pairs are done from c_i - c_j, the force too; until it has been applied, the block holds -A for them (A is never negative).
// Precision: float32, sums beyond a tile in double. 1/d and 1/s are approximate, to 2 units in the last place.
// NaN: comparisons are negated, so that a NaN distance is a contact and reaches the energy.
// Tolerance: 3e-6 relative to norms over a row. Reference: Composite.Contacts; the same on the CPU: Cpu.PairInteractions.
#include "Common.cuh"

constexpr int TileRows = 64;
constexpr int TileColumns = 4 * WarpSize;
constexpr int TileWarps = 8;
constexpr int ForceWarps = 4;
constexpr int ForceRows = 8;

// Below this fraction of norm(c_i)^2 + norm(c_j)^2, d^2 from the Gram matrix would be wrong by more than about 5e-6.
constexpr float CloseFraction = 1.0f / 16;
constexpr float SquaredDistanceFloor = 1e-12f;
constexpr float ReachFloor = 1e-6f;
constexpr double EnergyFloor = 1e-6;

struct PairBlock
{
    float* gram;
    Offset stride;
    int row;
    int rows;
    int column;
    int columns;
};

struct Images
{
    const float* centroids;
    int width;
    const float* squaredNorms;
    const float* radii;
};

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

// norm(c_i - c_j)^2, by a whole warp.
__device__ inline float squared_distance(Images images, int image, int other)
{
    const float* left = images.centroids + static_cast<Offset>(image) * images.width;
    const float* right = images.centroids + static_cast<Offset>(other) * images.width;
    float squares = 0;
#pragma unroll 1
    for (int d = threadIdx.x % WarpSize; d < images.width; d += WarpSize)
    {
        const float difference = left[d] - right[d];
        squares = fmaf(difference, difference, squares);
    }

    return warp_sum(squares);
}

struct TileMemory
{
    float rowNorms[TileRows];
    float rowReaches[TileRows];
    float columnSums[2][TileWarps][TileColumns];
    double perWarp[TileWarps];
};

// What a lane adds up over the rows of its tile: energy, and for each of its columns the sums of A and dE/dr.
struct LaneSums
{
    float energy;
    Quad contacts;
    Quad radiusGradients;
};

// A row of a tile: four pairs a lane.
template <bool Harmonic>
__device__ void interact_row(
    PairBlock block,
    Images images,
    Potential potential,
    int row,
    int column,
    Quad& pairs,
    float rowNorm,
    float rowReach,
    Quad columnNorms,
    Quad columnRadii,
    LaneSums& sums,
    float& rowContact,
    float& rowGradient,
    int* anyClose)
{
    const int image = block.row + row;
    float squaredDistances[4];
    bool close[4];
    bool anyCloseHere = false;
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        const bool inside = column + k < block.columns;
        const float squaredNorm = rowNorm + columnNorms.at[k];
        squaredDistances[k] = inside ? fmaf(pairs.at[k], -2, squaredNorm) : __uint_as_float(0x7f800000u);
        close[k] = squaredDistances[k] <= squaredNorm * CloseFraction;
        anyCloseHere |= close[k];
    }

    if (__any_sync(AllLanes, anyCloseHere))
    {
#pragma unroll
        for (int k = 0; k < 4; k++)
        {
#pragma unroll 1
            for (unsigned lanes = __ballot_sync(AllLanes, close[k]); lanes != 0; lanes &= lanes - 1)
            {
                // The whole warp works for one lane after another; an image is infinitely far from itself.
                const int lane = __ffs(lanes) - 1;
                const int other = block.column + blockIdx.x * TileColumns + lane * 4 + k;
                const float exact = other == image ? __uint_as_float(0x7f800000u) : squared_distance(images, image, other);
                squaredDistances[k] = static_cast<int>(threadIdx.x) % WarpSize == lane ? exact : squaredDistances[k];
            }
        }
    }

    bool anyTouching = false;
    bool touching[4];
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        squaredDistances[k] += SquaredDistanceFloor;
        touching[k] = potential.touches(squaredDistances[k], rowReach + columnRadii.at[k]);
        anyTouching |= touching[k];
    }

    pairs = Quad{};
    if (!__any_sync(AllLanes, anyTouching))
    {
        return;
    }

#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        if (touching[k])
        {
            const Contact contact = contact_of<Harmonic>(squaredDistances[k], rowReach + columnRadii.at[k], potential);
            pairs.at[k] = close[k] ? -contact.factor : contact.factor;
            sums.energy += contact.energy;
            sums.contacts.at[k] += close[k] ? 0 : contact.factor;
            sums.radiusGradients.at[k] += contact.radiusGradient;
            rowContact += close[k] ? 0 : contact.factor;
            rowGradient += contact.radiusGradient;
            if (close[k])
            {
                *anyClose = 1;
            }
        }
    }

    rowContact = warp_sum(rowContact);
    rowGradient = warp_sum(rowGradient);
}

template <bool Harmonic>
__device__ void interact_tile(
    PairBlock block, Images images, Potential potential, bool forces, TileMemory& memory, float* rowSums, LaneSums& sums, int* anyClose)
{
    const int lane = threadIdx.x % WarpSize;
    const int firstRow = blockIdx.y * TileRows;
    const int endRow = min(firstRow + TileRows, block.rows);
    const int column = blockIdx.x * TileColumns + lane * 4;
    const bool aligned = is_aligned(block.gram, block.stride);
    const Quad columnNorms = load(images.squaredNorms + block.column, column, block.columns, false);
    const Quad columnRadii = load(images.radii + block.column, column, block.columns, false);
    int row = firstRow + threadIdx.x / WarpSize;
    Quad next = row < endRow ? load(block.gram + row * block.stride, column, block.columns, aligned) : Quad{};
#pragma unroll 1
    for (; row < endRow; row += TileWarps)
    {
        // The next row is on its way while this one is worked on.
        Quad pairs = next;
        const int nextRow = row + TileWarps;
        next = nextRow < endRow ? load(block.gram + nextRow * block.stride, column, block.columns, aligned) : Quad{};
        float rowContact = 0;
        float rowGradient = 0;
        interact_row<Harmonic>(
            block, images, potential, row, column, pairs, memory.rowNorms[row - firstRow], memory.rowReaches[row - firstRow], columnNorms,
            columnRadii, sums, rowContact, rowGradient, anyClose);
        if (forces)
        {
            store(pairs, block.gram + row * block.stride, column, block.columns, aligned);
        }

        if (lane == 0)
        {
            rowSums[(blockIdx.x * 2LL) * block.rows + row] = rowContact;
            rowSums[(blockIdx.x * 2LL + 1) * block.rows + row] = rowGradient;
        }
    }
}

// A tile of pairs. Grid (columns / 128, rows / 64), block 256.
extern "C" __global__ void __launch_bounds__(256, 4) interact_pairs(
    float* gram,
    Offset gramStride,
    int row,
    int rows,
    int column,
    int columns,
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
    int* anyClose)
{
    __shared__ TileMemory memory;
    const PairBlock block = {gram, gramStride, row, rows, column, columns};
    const Images images = {centroids, width, squaredNorms, radii};
    const Potential potential = {strength, exponentLessOne, leastSquaredDistance, largestReach};
    const int place = threadIdx.x;
    const int tileRow = blockIdx.y * TileRows + place;
    if (place < TileRows && tileRow < rows)
    {
        memory.rowNorms[place] = squaredNorms[row + tileRow];
        memory.rowReaches[place] = radii[row + tileRow] + ReachFloor;
    }

    __syncthreads();
    LaneSums sums = {0, Quad{}, Quad{}};
    if (exponentLessOne == 1)
    {
        interact_tile<true>(block, images, potential, forces, memory, rowSums, sums, anyClose);
    }
    else
    {
        interact_tile<false>(block, images, potential, forces, memory, rowSums, sums, anyClose);
    }

    const double energy = block_sum(sums.energy, memory.perWarp);
    if (place == 0)
    {
        tileEnergies[static_cast<Offset>(blockIdx.y) * gridDim.x + blockIdx.x] = energy;
    }

    if (!mirrored)
    {
        return;
    }

    const int lane = place % WarpSize;
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        memory.columnSums[0][place / WarpSize][lane * 4 + k] = sums.contacts.at[k];
        memory.columnSums[1][place / WarpSize][lane * 4 + k] = sums.radiusGradients.at[k];
    }

    __syncthreads();
    const int kind = place / TileColumns;
    const int tileColumn = place % TileColumns;
    if (blockIdx.x * TileColumns + tileColumn < columns)
    {
        float sum = 0;
        for (int warp = 0; warp < TileWarps; warp++)
        {
            sum += memory.columnSums[kind][warp][tileColumn];
        }

        columnSums[(blockIdx.y * 2LL + kind) * columns + blockIdx.x * TileColumns + tileColumn] = sum;
    }
}

// A (c_j - c_i), added to the force on image i by a whole block.
__device__ void pull(Images images, float* centroidForces, int image, int other, float factor)
{
    const Offset own = static_cast<Offset>(image) * images.width;
    const Offset others = static_cast<Offset>(other) * images.width;
    for (int d = threadIdx.y * blockDim.x + threadIdx.x; d < images.width; d += blockDim.x * blockDim.y)
    {
        centroidForces[own + d] += factor * (images.centroids[others + d] - images.centroids[own + d]);
    }
}

// The forces of a mirrored block's close pairs on the images of columns. Grid (columns / 32), block (32, 8).
extern "C" __global__ void close_forces_of_columns(
    const float* gram,
    Offset gramStride,
    int row,
    int rows,
    int column,
    int columns,
    const float* centroids,
    int width,
    float* centroidForces,
    const int* anyClose)
{
    if (*anyClose == 0)
    {
        return;
    }

    __shared__ unsigned closeColumns[ForceRows];
    const Images images = {centroids, width, nullptr, nullptr};
    const int firstColumn = blockIdx.x * WarpSize;
    const int ownColumn = firstColumn + threadIdx.x;
    for (int first = 0; first < rows; first += ForceRows)
    {
        const int ownRow = first + threadIdx.y;
        const bool close = ownRow < rows && ownColumn < columns && gram[ownRow * gramStride + ownColumn] < 0;
        const unsigned mask = __ballot_sync(AllLanes, close);
        if (threadIdx.x == 0)
        {
            closeColumns[threadIdx.y] = mask;
        }

        __syncthreads();
        for (int y = 0; y < ForceRows; y++)
        {
            for (unsigned lanes = closeColumns[y]; lanes != 0; lanes &= lanes - 1)
            {
                const int closeColumn = firstColumn + __ffs(lanes) - 1;
                const float factor = -gram[(first + y) * gramStride + closeColumn];
                pull(images, centroidForces, column + closeColumn, row + first + y, factor);
            }
        }

        __syncthreads();
    }
}

// The forces of a block's close pairs on the images of rows; clears these pairs. Grid (rows), block 128.
extern "C" __global__ void close_forces_of_rows(
    float* gram,
    Offset gramStride,
    int row,
    int rows,
    int column,
    int columns,
    const float* centroids,
    int width,
    float* centroidForces,
    const int* anyClose)
{
    if (*anyClose == 0)
    {
        return;
    }

    __shared__ unsigned closeColumns[ForceWarps];
    const Images images = {centroids, width, nullptr, nullptr};
    float* factors = gram + blockIdx.x * gramStride;
    for (int first = 0; first < columns; first += ForceWarps * WarpSize)
    {
        const int ownColumn = first + threadIdx.x;
        const bool close = ownColumn < columns && factors[ownColumn] < 0;
        const unsigned mask = __ballot_sync(AllLanes, close);
        if (threadIdx.x % WarpSize == 0)
        {
            closeColumns[threadIdx.x / WarpSize] = mask;
        }

        __syncthreads();
        for (int warp = 0; warp < ForceWarps; warp++)
        {
            for (unsigned lanes = closeColumns[warp]; lanes != 0; lanes &= lanes - 1)
            {
                const int closeColumn = first + warp * WarpSize + __ffs(lanes) - 1;
                pull(images, centroidForces, row + blockIdx.x, column + closeColumn, -factors[closeColumn]);
            }
        }

        __syncthreads();
        if (close)
        {
            factors[ownColumn] = 0;
        }
    }
}

// The sums of `tiles` tiles of one kind for one image.
__device__ inline double add_tiles(const float* sums, int kind, int tiles, int images, int image)
{
    double total = 0;
    for (int tile = 0; tile < tiles; tile++)
    {
        total += sums[(tile * 2LL + kind) * images + image];
    }

    return total;
}

// Adds the sums of all tiles to those of the images and to the energy, which the last block does.
// Grid (images / 256 + 1), where images = rows, or rows + columns when mirrored; block 256.
extern "C" __global__ void add_pair_sums(
    const float* rowSums,
    const float* columnSums,
    const double* tileEnergies,
    int row,
    int rows,
    int column,
    int columns,
    int mirrored,
    double* contactSums,
    double* radiusGradients,
    double* energy,
    int* anyClose)
{
    __shared__ double perWarp[TileWarps];
    const int rowTiles = (rows + TileRows - 1) / TileRows;
    const int columnTiles = (columns + TileColumns - 1) / TileColumns;
    if (blockIdx.x == gridDim.x - 1)
    {
        double own = 0;
        for (Offset tile = threadIdx.x; tile < static_cast<Offset>(rowTiles) * columnTiles; tile += blockDim.x)
        {
            own += tileEnergies[tile];
        }

        const double total = block_sum(own, perWarp);
        if (threadIdx.x == 0)
        {
            // In a block that is not mirrored each pair comes twice.
            *energy += mirrored ? total : total / 2;
            *anyClose = 0;
        }

        return;
    }

    const int place = blockIdx.x * blockDim.x + threadIdx.x;
    if (place < rows)
    {
        contactSums[row + place] += add_tiles(rowSums, 0, columnTiles, rows, place);
        radiusGradients[row + place] += add_tiles(rowSums, 1, columnTiles, rows, place);
    }
    else if (mirrored && place - rows < columns)
    {
        contactSums[column + place - rows] += add_tiles(columnSums, 0, rowTiles, columns, place - rows);
        radiusGradients[column + place - rows] += add_tiles(columnSums, 1, rowTiles, columns, place - rows);
    }
}

// L = log(E + 1e-6), or E, and dL/dE, where E = w_rep * energy + w_size * sum of r. Grid 1, block 256.
extern "C" __global__ void loss_of_energy(
    const double* energy,
    const float* radii,
    int images,
    double repulsionWeight,
    double sizeWeight,
    int logEnergy,
    float* loss,
    double* slope)
{
    __shared__ double perWarp[TileWarps];
    double own = 0;
    for (int image = threadIdx.x; sizeWeight != 0 && image < images; image += blockDim.x)
    {
        own += radii[image];
    }

    const double sum = block_sum(own, perWarp);
    if (threadIdx.x == 0)
    {
        const double total = repulsionWeight * *energy + sizeWeight * sum;
        *loss = static_cast<float>(logEnergy ? log(total + EnergyFloor) : total);
        *slope = logEnergy ? 1 / (total + EnergyFloor) : 1;
    }
}
