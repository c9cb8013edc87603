// Kernel 2b: the forces of close pairs, which PairInteractions.cu leaves as -A in tiles that it has flagged: A (c_j - c_i) is formed from
// the difference, because (A C)_i - sum(A) c_i cancels.
// Layout: a warp does one image: a row of the block against its columns, or with `ofColumns` a column against its rows. A lane holds every
// 32nd pair of a tile, then four neighbouring dimensions of the force, summed over the tile before it is added.
// Precision: float32. Reference: Composite.Contacts; the same on the CPU: Cpu.PairInteractions.
#include "Pairs.cuh"

// What a force is the sum of: the pairs of an image with the images of one tile, from `other` on, every 32nd of them a lane's.
template <int Count>
struct PairLine
{
    int other;
    float pairs[Count];
    unsigned close[Count];
};

template <int Count>
__device__ void pull(PairLine<Count> line, Centroids centroids, int image, float* force, int lane)
{
    for (int first = 0; first < centroids.width; first += WARP_NUMBERS)
    {
        const int d = first + lane * 4;
        const Quad own = load(centroids.of(image), d, centroids.width, centroids.aligned);
        Quad sum = Quad{};
#pragma unroll
        for (int k = 0; k < Count; k++)
        {
            for (unsigned lanes = line.close[k]; lanes != 0; lanes &= lanes - 1)
            {
                const int source = __ffs(lanes) - 1;
                const float factor = -__shfl_sync(AllLanes, line.pairs[k], source);
                const float* other = centroids.of(line.other + k * WARP_SIZE + source);
                sum = multiply_add(load(other, d, centroids.width, centroids.aligned) - own, factor, sum);
            }
        }

        const bool aligned = is_aligned(force, centroids.width);
        store(multiply_add(sum, 1, load(force, d, centroids.width, aligned)), force, d, centroids.width, aligned);
    }
}

// An image's pairs in memory: `count` of them, `step` apart, with the images from `other` on; `perTile` in each of its tiles, whose flags
// are `flagStep` apart.
struct ImagePairs
{
    float* pairs;
    Offset step;
    int count;
    int other;
    int perTile;
    const unsigned char* flags;
    int flagStep;
};

// A tile holds MostPerTile of them at most.
template <int MostPerTile, bool Clear>
__device__ void pull_close(ImagePairs own, Centroids centroids, int image, float* force)
{
    const int lane = threadIdx.x % WARP_SIZE;
    const int tiles = tiles_of(own.count, own.perTile);
    for (int first = 0; first < tiles; first += WARP_SIZE)
    {
        const int laneTile = first + lane;
        unsigned flagged = __ballot_sync(AllLanes, laneTile < tiles && own.flags[static_cast<Offset>(laneTile) * own.flagStep]);
        for (; flagged != 0; flagged &= flagged - 1)
        {
            const int begin = (first + __ffs(flagged) - 1) * own.perTile;
            const int end = min(begin + own.perTile, own.count);
            PairLine<MostPerTile / WARP_SIZE> line;
            line.other = own.other + begin;
            unsigned any = 0;
#pragma unroll
            for (int k = 0; k < MostPerTile / WARP_SIZE; k++)
            {
                const int place = begin + k * WARP_SIZE + lane;
                float* pair = own.pairs + place * own.step;
                line.pairs[k] = place < end ? *pair : 0;
                line.close[k] = __ballot_sync(AllLanes, line.pairs[k] < 0);
                any |= line.close[k];
                if (Clear && line.pairs[k] < 0)
                {
                    *pair = 0;
                }
            }

            if (any != 0)
            {
                pull(line, centroids, image, force, lane);
            }
        }
    }
}

// The forces on the images of rows, whose close pairs it clears, or before that on those of columns. Grid (images / 8), block 256.
extern "C" __global__ void close_forces(
    float* pairs,
    Offset stride,
    int row,
    int rows,
    int column,
    int columns,
    int tileRows,
    int ofColumns,
    const float* centroids,
    int width,
    float* centroidForces,
    const unsigned char* closeTiles)
{
    const int place = blockIdx.x * BLOCK_WARPS + threadIdx.x / WARP_SIZE;
    if (place >= (ofColumns ? columns : rows))
    {
        return;
    }

    const int columnTiles = tiles_of(columns, WARP_NUMBERS);
    const int image = (ofColumns ? column : row) + place;
    float* force = centroidForces + static_cast<Offset>(image) * width;
    if (ofColumns)
    {
        const ImagePairs own = {pairs + place, stride, rows, row, tileRows, closeTiles + place / WARP_NUMBERS, columnTiles};
        pull_close<TILE_ROWS, false>(own, Centroids(centroids, width), image, force);
    }
    else
    {
        const unsigned char* flags = closeTiles + static_cast<Offset>(place / tileRows) * columnTiles;
        const ImagePairs own = {pairs + place * stride, 1, columns, column, WARP_NUMBERS, flags, 1};
        pull_close<WARP_NUMBERS, true>(own, Centroids(centroids, width), image, force);
    }
}
