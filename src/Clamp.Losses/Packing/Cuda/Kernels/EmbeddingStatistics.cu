// Kernel 1: centre the embeddings, put them on the unit sphere, and measure each image's centroid, its squared norm and its radius.
// Layout: embeddings [V, B, D] with any view and image strides; results per image, inverse norms [B, V]. One block per image: a warp per
// view for the norms, a thread per four dimensions for what needs all views of a dimension.
// Precision: the sum over the batch and the squared centroid norms in double; the mean as two float32; the rest in float32. Images whose
// norms leave float32's comfortable range, or whose views nearly agree, are done again in double.
// Tolerance: 1e-6 relative to each result. Reference: Composite.SubManifolds; the same on the CPU: Cpu.EmbeddingStatistics.
#include "Common.cuh"

// The sum of a chunk's embeddings over 128 dimensions. Grid (D / 128, chunks), block (32, 8).
extern "C" __global__ void sum_embeddings(
    const Element* z, Offset viewStride, Offset imageStride, int views, int images, int width, double* partialSums)
{
    __shared__ double sums[BLOCK_WARPS][WARP_NUMBERS];
    const int d = (blockIdx.x * WARP_SIZE + threadIdx.x) * 4;
    const bool aligned = is_aligned(z, viewStride, imageStride);
    const int end = first_of_chunk(images, blockIdx.y + 1, gridDim.y);
    int image = first_of_chunk(images, blockIdx.y, gridDim.y) + threadIdx.y / views;
    int view = threadIdx.y % views;
    double own[4] = {0, 0, 0, 0};
    while (image < end)
    {
        const Quad row = load(z + view * viewStride + image * imageStride, d, width, aligned);
#pragma unroll
        for (int k = 0; k < 4; k++)
        {
            own[k] += row.at[k];
        }

        view += BLOCK_WARPS % views;
        image += BLOCK_WARPS / views + view / views;
        view %= views;
    }

#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        sums[threadIdx.y][k * WARP_SIZE + threadIdx.x] = own[k];
    }

    __syncthreads();
    const int place = threadIdx.y * WARP_SIZE + threadIdx.x;
    const int column = blockIdx.x * WARP_NUMBERS + place % WARP_SIZE * 4 + place / WARP_SIZE;
    if (place < WARP_NUMBERS && column < width)
    {
        double sum = 0;
        for (int row = 0; row < BLOCK_WARPS; row++)
        {
            sum += sums[row][place];
        }

        partialSums[static_cast<Offset>(blockIdx.y) * width + column] = sum;
    }
}

// mu as CentredEmbeddings reads it: in double, and as two rows of float32, padded with 0 to a multiple of four.
__device__ inline void write_mean(double exact, int d, int width, double* exactMean, float* mean)
{
    const float high = static_cast<float>(exact);
    const int padded = (width + 3) / 4 * 4;
    if (d < padded)
    {
        mean[d] = high;
        mean[padded + d] = static_cast<float>(exact - high);
    }

    if (d < width)
    {
        exactMean[d] = exact;
    }
}

// The sum over chunks and, unless exactMean is null, the mean of `count` embeddings. Grid (D / 16), block (16, 16).
extern "C" __global__ void add_partial_sums(
    const double* partialSums, int chunks, int width, double* sums, Offset count, double* exactMean, float* mean)
{
    __shared__ double own[SUM_BLOCK][SUM_BLOCK];
    const int d = blockIdx.x * SUM_BLOCK + threadIdx.x;
    double sum = 0;
    if (d < width)
    {
#pragma unroll 8
        for (int chunk = threadIdx.y; chunk < chunks; chunk += SUM_BLOCK)
        {
            sum += partialSums[static_cast<Offset>(chunk) * width + d];
        }
    }

    own[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y != 0)
    {
        return;
    }

    double total = 0;
    for (int row = 0; row < SUM_BLOCK; row++)
    {
        total += own[row][threadIdx.x];
    }

    if (d < width)
    {
        sums[d] = total;
    }

    if (exactMean)
    {
        write_mean(total / count, d, width, exactMean, mean);
    }
}

// Of one thread's dimensions: the squares of the deviations p - c, summed over views, and of the centroid, summed as it is stored.
struct Squares
{
    double deviations;
    double centroid;
};

// c and its squares from the inverse norms. T from the deviations, never from 1 - norm(c)^2, which cancels.
__device__ Squares measure_points(
    CentredEmbeddings embeddings, int views, int image, const Quad* kept, const float* inverseNorms, float* centroid)
{
    const int width = embeddings.width;
    const bool aligned = is_aligned(centroid, width);
    float deviations = 0;
    double centroidSquares = 0;
    for (int d = threadIdx.x * 4; d < width; d += blockDim.x * 4)
    {
        const auto x = [&](int view)
        { return kept ? kept[view * embeddings.quads() + d / 4] : embeddings.at(embeddings.row(view, image), d); };
        Quad sum = Quad{};
        for (int view = 0; view < views; view++)
        {
            sum = multiply_add(x(view), inverseNorms[view], sum);
        }

        const Quad mean = sum * (1.0f / views);
        for (int view = 0; view < views; view++)
        {
            const Quad deviation = multiply_add(x(view), inverseNorms[view], mean * -1);
            deviations = add_products(deviation, deviation, deviations);
        }

        store(mean, centroid, d, width, aligned);
#pragma unroll
        for (int k = 0; k < 4; k++)
        {
            centroidSquares += static_cast<double>(mean.at[k]) * mean.at[k];
        }
    }

    return {deviations, centroidSquares};
}

// The same in double, for the few images that float32 does not serve; also the inverse norms.
__device__ Squares measure_delicate(
    CentredEmbeddings embeddings, int views, int image, double* inverseNorms, float* centroid)
{
    const int lane = threadIdx.x % WARP_SIZE;
#pragma unroll 1
    for (int view = threadIdx.x / WARP_SIZE; view < views; view += blockDim.x / WARP_SIZE)
    {
        const Element* row = embeddings.row(view, image);
        double squares = 0;
#pragma unroll 1
        for (int d = lane; d < embeddings.width; d += WARP_SIZE)
        {
            const double x = embeddings.exactly_at(row, d);
            squares += x * x;
        }

        // Compared so that NaN stays.
        const double norm = sqrt(warp_sum(squares));
        if (lane == 0)
        {
            inverseNorms[view] = 1 / (norm < NORM_FLOOR ? NORM_FLOOR : norm);
        }
    }

    __syncthreads();
    Squares result = {0, 0};
#pragma unroll 1
    for (int d = threadIdx.x; d < embeddings.width; d += blockDim.x)
    {
        double sum = 0;
#pragma unroll 1
        for (int view = 0; view < views; view++)
        {
            sum += embeddings.exactly_at(embeddings.row(view, image), d) * inverseNorms[view];
        }

        const double mean = sum / views;
#pragma unroll 1
        for (int view = 0; view < views; view++)
        {
            const double deviation = embeddings.exactly_at(embeddings.row(view, image), d) * inverseNorms[view] - mean;
            result.deviations += deviation * deviation;
        }

        centroid[d] = static_cast<float>(mean);
        result.centroid += static_cast<double>(centroid[d]) * centroid[d];
    }

    return result;
}

// The statistics of one image. Grid B, block 128, or 256 for more than four views.
extern "C" __global__ void __launch_bounds__(256, 4) measure_images(
    const Element* z,
    Offset viewStride,
    Offset imageStride,
    int views,
    int images,
    int width,
    const double* exactMean,
    const float* mean,
    double radiusScale,
    float* inverseNorms,
    double* exactInverseNorms,
    unsigned char* delicate,
    float* centroids,
    float* centroidForces,
    float* squaredNorms,
    float* radii,
    double* contactSums,
    double* radiusGradients,
    double* energy)
{
    __shared__ Quad memory[KeptQuads];
    __shared__ double perWarp[BLOCK_WARPS];
    const CentredEmbeddings embeddings(z, viewStride, imageStride, width, exactMean, mean);
    const int image = blockIdx.x;
    const int quads = embeddings.quads();
    const int lane = threadIdx.x % WARP_SIZE;
    Quad* kept = static_cast<Offset>(views) * quads <= KeptQuads ? memory : nullptr;
    float* ownInverseNorms = inverseNorms + static_cast<Offset>(image) * views;
    float* centroid = centroids + static_cast<Offset>(image) * width;
    float* forces = centroidForces + static_cast<Offset>(image) * width;

    bool inRange = true;
    for (int view = threadIdx.x / WARP_SIZE; view < views; view += blockDim.x / WARP_SIZE)
    {
        const Element* row = embeddings.row(view, image);
        float squares = 0;
        for (int quad = lane; quad < quads; quad += WARP_SIZE)
        {
            const Quad x = embeddings.at(row, quad * 4);
            squares = add_products(x, x, squares);
            if (kept)
            {
                kept[view * quads + quad] = x;
            }
        }

        squares = warp_sum(squares);
        inRange = inRange && squares >= LEAST_SQUARED_NORM && squares <= LARGEST_SQUARED_NORM;
        if (lane == 0)
        {
            ownInverseNorms[view] = 1 / sqrtf(squares);
        }
    }

    inRange = __syncthreads_and(inRange);
    Squares squares = measure_points(embeddings, views, image, kept, ownInverseNorms, centroid);
    double spread = block_sum(squares.deviations, perWarp) / (views - 1);

    // Negated: a NaN spread is delicate, where it stays NaN.
    const bool isDelicate = !(inRange && spread >= LEAST_SPREAD);
    if (isDelicate)
    {
        squares = measure_delicate(embeddings, views, image, exactInverseNorms + static_cast<Offset>(image) * views, centroid);
        spread = block_sum(squares.deviations, perWarp) / (views - 1);
    }

    const double squaredNorm = block_sum(squares.centroid, perWarp);
    if (threadIdx.x == 0)
    {
        delicate[image] = isDelicate;
        radii[image] = static_cast<float>(radiusScale * sqrt(spread / min(width, views) + SQUARED_RADIUS_FLOOR));
        squaredNorms[image] = static_cast<float>(squaredNorm);

        // The sums over pairs begin here.
        contactSums[image] = 0;
        radiusGradients[image] = 0;
        if (image == 0)
        {
            *energy = 0;
        }
    }

    const bool aligned = is_aligned(forces, width);
    for (int d = threadIdx.x * 4; d < width; d += blockDim.x * 4)
    {
        store(Quad{}, forces, d, width, aligned);
    }
}
