// Kernel 3: from dE/dc and dE/dr back to the embeddings. With a = dE/dc / V and b = dE/dr * dr/dT * 2 / (V - 1),
//     dE/dp = a + b (p - c)
//     h     = (dE/dp - (dE/dp . p) p) / norm(x)        through p = x / norm(x)
//     dE/dz = h - mean of h                            through x = z - mu
// Since norm(p) = 1, the part of dE/dp along p drops out of h, and with it b p: h = (q - (q . p) p) / norm(x), q = a - b c, where q is
// the same for all views. That loses the deviations of views that nearly agree, which the delicate images, in double, keep.
// Layout: embeddings [V, B, D] with any view and image strides; h and the result [V, B, D], contiguous. One block does a chunk of images
// one after another: a warp per view for the products, a thread per four dimensions for h, whose sum it keeps.
// Precision: float32; the sum of h in float32 over one image's views, in double over the batch.
// Tolerance: 3e-6 relative to the norm. Reference: autograd through Composite.CompositePacking; on the CPU: Cpu.EmbeddingGradient.
#include "Common.cuh"

// The sums of up to this many dimensions stay in shared memory.
constexpr int KeptSums = 1024;

// One image's share of the energy's gradient.
struct ImageForce
{
    const float* centroid;
    const float* force;
    double contactSum;
    float deviationWeight;
    int views;
    int width;
    bool aligned;

    // q of dimensions d to d + 3.
    __device__ Quad at(int d) const
    {
        const float share = 1.0f / views;
        const float centroidWeight = static_cast<float>(contactSum / views + deviationWeight);
        return multiply_add(load(force, d, width, aligned), share, load(centroid, d, width, aligned) * -centroidWeight);
    }

    // dE/dp for the deviation p - c.
    __device__ double exactly_at(int d, double deviation) const
    {
        return (force[d] - contactSum * centroid[d]) / views + deviationWeight * deviation;
    }
};

__device__ void project_image(
    CentredEmbeddings embeddings,
    ImageForce force,
    int image,
    Quad* kept,
    const float* inverseNorms,
    double* along,
    float* projected,
    Offset projectedStride,
    double* sums)
{
    const int lane = threadIdx.x % WARP_SIZE;
    const int quads = embeddings.quads();
    const int width = embeddings.width;
    const float deviationWeight = force.deviationWeight;
    for (int view = threadIdx.x / WARP_SIZE; view < force.views; view += blockDim.x / WARP_SIZE)
    {
        // q . p + b = (q + b p) . p, without the cancellation in q . p where views nearly agree.
        const Element* row = embeddings.row(view, image);
        float products = 0;
        for (int quad = lane; quad < quads; quad += WARP_SIZE)
        {
            const Quad x = embeddings.at(row, quad * 4);
            const Quad p = x * inverseNorms[view];
            products = add_products(multiply_add(p, deviationWeight, force.at(quad * 4)), p, products);
            if (kept)
            {
                kept[view * quads + quad] = x;
            }
        }

        products = warp_sum(products);
        if (lane == 0)
        {
            along[view] = products - deviationWeight;
        }
    }

    __syncthreads();
    const bool aligned = is_aligned(projected, width);
    for (int d = threadIdx.x * 4; d < width; d += blockDim.x * 4)
    {
        const Quad q = force.at(d);
        Quad sum = Quad{};
        for (int view = 0; view < force.views; view++)
        {
            const Quad x = kept ? kept[view * quads + d / 4] : embeddings.at(embeddings.row(view, image), d);
            const Quad h = multiply_add(x * inverseNorms[view], -static_cast<float>(along[view]), q) * inverseNorms[view];
            store(h, projected + view * projectedStride, d, width, aligned);
            sum = multiply_add(h, 1, sum);
        }

#pragma unroll
        for (int k = 0; k < 4; k++)
        {
            if (d + k < width)
            {
                sums[d + k] += sum.at[k];
            }
        }
    }
}

__device__ void project_delicate(
    CentredEmbeddings embeddings,
    ImageForce force,
    int image,
    const double* inverseNorms,
    double* along,
    double* centroid,
    float* projected,
    Offset projectedStride,
    double* sums)
{
    const int lane = threadIdx.x % WARP_SIZE;
    const int width = embeddings.width;
    const auto point = [&](int view, int d) { return embeddings.exactly_at(embeddings.row(view, image), d) * inverseNorms[view]; };
#pragma unroll 1
    for (int d = threadIdx.x; d < width; d += blockDim.x)
    {
        double sum = 0;
#pragma unroll 1
        for (int view = 0; view < force.views; view++)
        {
            sum += point(view, d);
        }

        centroid[d] = sum / force.views;
    }

    __syncthreads();
#pragma unroll 1
    for (int view = threadIdx.x / WARP_SIZE; view < force.views; view += blockDim.x / WARP_SIZE)
    {
        double products = 0;
#pragma unroll 1
        for (int d = lane; d < width; d += WARP_SIZE)
        {
            const double p = point(view, d);
            products += force.exactly_at(d, p - centroid[d]) * p;
        }

        // At its floor the norm does not vary with x, so that nothing is projected away; NaN stays NaN.
        products = warp_sum(products);
        if (lane == 0)
        {
            along[view] = inverseNorms[view] == 1 / NORM_FLOOR ? 0 : products;
        }
    }

    __syncthreads();
#pragma unroll 1
    for (int first = threadIdx.x * 4; first < width; first += blockDim.x * 4)
    {
#pragma unroll 1
        for (int d = first; d < min(first + 4, width); d++)
        {
#pragma unroll 1
            for (int view = 0; view < force.views; view++)
            {
                const double p = point(view, d);
                const double h = (force.exactly_at(d, p - centroid[d]) - along[view] * p) * inverseNorms[view];
                projected[view * projectedStride + d] = static_cast<float>(h);
                sums[d] += h;
            }
        }
    }
}

// h of a chunk's images and its sum. Grid (chunks), block 128, or 256 for more than four views.
extern "C" __global__ void project_gradient(
    const Element* z,
    Offset viewStride,
    Offset imageStride,
    int views,
    int images,
    int width,
    const double* exactMean,
    const float* mean,
    const float* centroids,
    const float* centroidForces,
    const double* contactSums,
    const double* radiusGradients,
    const float* radii,
    const float* inverseNorms,
    const double* exactInverseNorms,
    const unsigned char* delicate,
    double radiusScale,
    double sizeWeight,
    double* along,
    double* exactCentroids,
    float* projected,
    double* partialSums)
{
    __shared__ Quad memory[KeptQuads];
    __shared__ double keptSums[KeptSums];
    const CentredEmbeddings embeddings(z, viewStride, imageStride, width, exactMean, mean);
    Quad* kept = static_cast<Offset>(views) * embeddings.quads() <= KeptQuads ? memory : nullptr;
    double* chunkSums = partialSums + static_cast<Offset>(blockIdx.x) * width;
    double* sums = width <= KeptSums ? keptSums : chunkSums;
    for (int d = threadIdx.x * 4; d < width; d += blockDim.x * 4)
    {
        for (int k = d; k < min(d + 4, width); k++)
        {
            sums[k] = 0;
        }
    }

    const float scale = static_cast<float>(radiusScale);
    const float degrees = static_cast<float>(min(width, views)) * (views - 1);
    const int end = first_of_chunk(images, blockIdx.x + 1, gridDim.x);
    for (int image = first_of_chunk(images, blockIdx.x, gridDim.x); image < end; image++)
    {
        // b, from r = r_s sqrt(T / m + 1e-12), m = min(D, V), and T = sum of norm(p - c)^2 / (V - 1).
        const float radiusGradient = static_cast<float>(radiusGradients[image] + sizeWeight);
        const float deviationWeight = radiusGradient * scale / (degrees * (radii[image] / scale));
        const Offset offset = static_cast<Offset>(image) * width;
        const Offset perView = static_cast<Offset>(image) * views;
        const Offset projectedStride = static_cast<Offset>(images) * width;
        const bool aligned = is_aligned(centroids, width) && is_aligned(centroidForces, width);
        const ImageForce force = {
            centroids + offset, centroidForces + offset, contactSums[image], deviationWeight, views, width, aligned};
        if (delicate[image])
        {
            double* centroid = exactCentroids + static_cast<Offset>(blockIdx.x) * width;
            project_delicate(
                embeddings, force, image, exactInverseNorms + perView, along + perView, centroid, projected + offset, projectedStride, sums);
        }
        else
        {
            project_image(
                embeddings, force, image, kept, inverseNorms + perView, along + perView, projected + offset, projectedStride, sums);
        }

        // Nobody writes the next image over this one before all have read it.
        __syncthreads();
    }

    for (int d = threadIdx.x; width <= KeptSums && d < width; d += blockDim.x)
    {
        chunkSums[d] = keptSums[d];
    }
}

// (h - mean of h) * dL/dE * what came from above. Grid (D / 128, rows / 32), block (32, 8).
extern "C" __global__ void centre_gradient(
    const float* projected,
    const double* sums,
    Offset count,
    Offset rows,
    int width,
    const double* slope,
    const float* upstream,
    Element* result)
{
    const int d = (blockIdx.x * WARP_SIZE + threadIdx.x) * 4;
    if (d >= width)
    {
        return;
    }

    const float scale = static_cast<float>(slope[0] * (upstream ? upstream[0] : 1));
    Quad mean = Quad{};
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        mean.at[k] = d + k < width ? static_cast<float>(sums[d + k] / count) : 0;
    }

    const bool projectedAligned = is_aligned(projected, width);
    const bool resultAligned = is_aligned(result, width);
    const Offset end = rows * (blockIdx.y + 1) / gridDim.y;
    for (Offset row = rows * blockIdx.y / gridDim.y + threadIdx.y; row < end; row += BLOCK_WARPS)
    {
        const Quad h = load(projected + row * width, d, width, projectedAligned);
        store((h - mean) * scale, result + row * width, d, width, resultAligned);
    }
}
