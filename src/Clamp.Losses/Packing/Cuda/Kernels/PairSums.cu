// Kernel 2c: the sums over the tiles of PairInteractions.cu, in a fixed order, and the loss that they make.
// Precision: double. Reference: Composite.Contacts; the same on the CPU: Cpu.PairInteractions.
#include "Pairs.cuh"

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
    int tileRows,
    int mirrored,
    double* contactSums,
    double* radiusGradients,
    double* energy)
{
    __shared__ double perWarp[BLOCK_WARPS];
    const int rowTiles = tiles_of(rows, tileRows);
    const int columnTiles = tiles_of(columns, WARP_NUMBERS);
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
    __shared__ double perWarp[BLOCK_WARPS];
    double own = 0;
    for (int image = threadIdx.x; sizeWeight != 0 && image < images; image += blockDim.x)
    {
        own += radii[image];
    }

    const double sum = block_sum(own, perWarp);
    if (threadIdx.x == 0)
    {
        const double total = repulsionWeight * *energy + sizeWeight * sum;
        *loss = static_cast<float>(logEnergy ? log(total + ENERGY_FLOOR) : total);
        *slope = logEnergy ? 1 / (total + ENERGY_FLOOR) : 1;
    }
}
