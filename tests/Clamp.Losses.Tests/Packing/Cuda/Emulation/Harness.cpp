// The whole loss by the CUDA kernels, emulated: launches as the launcher makes them, plain loops for the matrix products.
// Usage: harness input output. The input is a Request and the embeddings [V, B, D]; the output is what the calls of write below say.
#include "Emulation.hpp"

#include <sys/mman.h>

#include <fstream>

#include "Pairs.cuh"

namespace statistics
{
#include "EmbeddingStatistics.cu"
}

namespace interactions
{
#include "PairInteractions.cu"
}

namespace forces
{
#include "CloseForces.cu"
}

namespace sums
{
#include "PairSums.cu"
}

namespace split
{
#include "Split.cu"
}

namespace gradient
{
#include "EmbeddingGradient.cu"
}

struct Request
{
    int64_t views;
    int64_t images;
    int64_t width;
    int64_t viewStride;
    int64_t imageStride;
    int64_t offset;
    int64_t pairStride;
    int64_t stripRows;
    int64_t stripColumns;
    int64_t mostChunks;
    int64_t tileRows;
    int64_t gradient;
    int64_t logEnergy;
    int64_t split;
    int64_t seed;
    double radiusScale;
    double exponent;
    double repulsionWeight;
    double sizeWeight;
    double minSeparation;
    double maxContactDistance;
    double upstream;
};

// Memory of exactly this size, which starts as NaN, or as numbers far out of range. From 1 GB on it is sparse instead, and starts as 0.
template <typename T>
class Device
{
public:
    explicit Device(int64_t count)
        : count_(count), sparse_(count * sizeof(T) >= 1u << 30),
          data_(static_cast<T*>(
              sparse_ ? mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                      : std::malloc(count * sizeof(T))))
    {
        if (static_cast<void*>(data_) == MAP_FAILED || data_ == nullptr)
        {
            emulation::fail("out of memory");
        }

        if (!sparse_)
        {
            std::memset(static_cast<void*>(data_), 0xff, count * sizeof(T));
        }
    }

    Device(const Device&) = delete;

    ~Device()
    {
        if (sparse_)
        {
            munmap(data_, count_ * sizeof(T));
        }
        else
        {
            std::free(data_);
        }
    }

    operator T*() const
    {
        return data_;
    }

    void write(std::ofstream& file) const
    {
        file.write(reinterpret_cast<const char*>(data_), count_ * sizeof(T));
    }

private:
    int64_t count_;
    bool sparse_;
    T* data_;
};

constexpr unsigned BlockThreads = WARP_SIZE * BLOCK_WARPS;

int64_t quotient(int64_t dividend, int64_t divisor)
{
    return (dividend + divisor - 1) / divisor;
}

unsigned blocks(int64_t numbers, int64_t perBlock)
{
    return static_cast<unsigned>(quotient(numbers, perBlock));
}

// result += left right, or left^T right; left [m, k] or [k, m] with a stride, right [k, n], result [m, n].
void add_product(
    const float* left, int64_t stride, bool transposed, const float* right, float* result, int64_t m, int64_t k, int64_t n)
{
    for (int64_t i = 0; i < m; i++)
    {
        for (int64_t j = 0; j < k; j++)
        {
            const float factor = transposed ? left[j * stride + i] : left[i * stride + j];
            for (int64_t d = 0; factor != 0 && d < n; d++)
            {
                result[i * n + d] += factor * right[j * n + d];
            }
        }
    }
}

class Loss
{
public:
    Loss(const Request& request, const Element* embeddings)
        : r(request), z(embeddings), chunks(static_cast<int>(std::min(r.images, r.mostChunks))),
          imageBlock(r.views <= 4 ? BlockThreads / 2 : BlockThreads)
    {
        *upstream = static_cast<float>(r.upstream);
    }

    void run(std::ofstream& output)
    {
        measure();
        for (int64_t row = 0; row < r.images; row += r.stripRows)
        {
            for (int64_t column = row; column < r.images; column += r.stripColumns)
            {
                interact_strip(row, std::min(r.stripRows, r.images - row), column, std::min(r.stripColumns, r.images - column));
            }
        }

        emulation::launch(
            {1}, {BlockThreads}, sums::loss_of_energy, energy, radii, images, r.repulsionWeight, r.sizeWeight, r.logEnergy, loss, slope);
        loss.write(output);
        radii.write(output);
        centroids.write(output);
        if (r.gradient)
        {
            project();
            result.write(output);
        }
    }

private:
    void measure()
    {
        emulation::launch(
            {blocks(r.width, WARP_NUMBERS), static_cast<unsigned>(chunks)}, {WARP_SIZE, BLOCK_WARPS}, statistics::sum_embeddings, z, r.viewStride, r.imageStride,
            views, images, width, partialSums);
        emulation::launch({blocks(r.width, SUM_BLOCK)}, {SUM_BLOCK, SUM_BLOCK}, statistics::add_partial_sums, partialSums, chunks, width, embeddingSums,
            r.views * r.images, exactMean, mean);
        emulation::launch(
            {static_cast<unsigned>(images)}, {imageBlock}, statistics::measure_images, z, r.viewStride, r.imageStride, views, images, width,
            exactMean, mean, r.radiusScale, inverseNorms, exactInverseNorms, delicate, centroids, centroidForces, squaredNorms, radii,
            contactSums, radiusGradients, energy);
    }

    void interact_strip(int64_t row, int64_t rows, int64_t column, int64_t columns)
    {
        // Rows of the strip need not be as long as its memory is wide.
        const int64_t stride = std::max(r.pairStride, columns + r.seed % 4);
        const Device<float> gram(rows * stride);
        for (int64_t i = 0; i < rows; i++)
        {
            for (int64_t j = 0; j < columns; j++)
            {
                float product = 0;
                for (int64_t d = 0; d < r.width; d++)
                {
                    product += centroids[(row + i) * r.width + d] * centroids[(column + j) * r.width + d];
                }

                gram[i * stride + j] = product;
            }
        }

        if (r.split)
        {
            multiply_parts(gram, stride, row, rows, column, columns);
        }

        const int64_t square = row == column ? rows : 0;
        if (square > 0)
        {
            interact(gram, stride, row, rows, column, square, false);
        }

        if (columns > square)
        {
            interact(gram + square, stride, row, rows, column + square, columns - square, true);
        }

        if (r.gradient)
        {
            float* forces = centroidForces;
            add_product(gram, stride, false, centroids + column * r.width, forces + row * r.width, rows, columns, r.width);
            add_product(
                gram + square, stride, true, centroids + row * r.width, forces + (column + square) * r.width, columns - square, rows, r.width);
        }
    }

    // The same product of parts: rows' from high to low, columns' from low to high, each part beside or below the one before it.
    void multiply_parts(float* gram, int64_t stride, int64_t row, int64_t rows, int64_t column, int64_t columns)
    {
        const int64_t step = columns * r.width;
        const Device<split::Part> left(3 * rows * r.width);
        const Device<split::Part> right(3 * step);
        const float* source = centroids;
        emulation::launch(
            {blocks(r.width, WARP_NUMBERS), 1}, {WARP_SIZE, BLOCK_WARPS}, split::split_matrix, source + row * r.width, r.width,
            static_cast<int>(rows), width, left, 3 * r.width, r.width);
        emulation::launch(
            {blocks(r.width, WARP_NUMBERS), blocks(columns, BLOCK_WARPS)}, {WARP_SIZE, BLOCK_WARPS}, split::split_matrix,
            source + column * r.width, r.width, static_cast<int>(columns), width, right + 2 * step, r.width, -step);
        for (int64_t i = 0; i < rows; i++)
        {
            for (int64_t j = 0; j < columns; j++)
            {
                float product = 0;
                for (int parts = 3; parts > 0; parts--)
                {
                    for (int64_t k = 0; k < parts * r.width; k++)
                    {
                        const int64_t part = 3 - parts + k / r.width;
                        product += value(left[i * 3 * r.width + k]) * value(right[part * step + j * r.width + k % r.width]);
                    }
                }

                gram[i * stride + j] = product;
            }
        }
    }

    static float value(split::Part part)
    {
        return __uint_as_float(static_cast<unsigned>(part.bits) << 16);
    }

    void interact(float* gram, int64_t stride, int64_t row, int64_t rows, int64_t column, int64_t columns, bool mirrored)
    {
        const unsigned columnTiles = blocks(columns, WARP_NUMBERS);
        const unsigned rowTiles = blocks(rows, r.tileRows);
        const Device<float> rowSums(2 * columnTiles * rows);
        const Device<float> columnSums(mirrored ? 2 * rowTiles * columns : 1);
        const Device<double> tileEnergies(rowTiles * columnTiles);
        const Device<unsigned char> closeTiles(rowTiles * columnTiles);
        emulation::launch(
            {columnTiles, rowTiles}, {BlockThreads}, interactions::interact_pairs, gram, stride, row, rows, column, columns, tileRows, mirrored, r.gradient,
            centroids, width, squaredNorms, radii, static_cast<float>(r.exponent * r.repulsionWeight), static_cast<float>(r.exponent - 1),
            static_cast<float>(r.minSeparation * r.minSeparation), static_cast<float>(r.maxContactDistance), rowSums, columnSums,
            tileEnergies, closeTiles);
        for (int ofColumns = mirrored; r.gradient && ofColumns >= 0; ofColumns--)
        {
            emulation::launch(
                {blocks(ofColumns ? columns : rows, BLOCK_WARPS)}, {BlockThreads}, forces::close_forces, gram, stride, row, rows, column, columns, tileRows, ofColumns,
                centroids, width, centroidForces, closeTiles);
        }

        emulation::launch(
            {blocks(rows + (mirrored ? columns : 0), BlockThreads) + 1}, {BlockThreads}, sums::add_pair_sums, rowSums, columnSums, tileEnergies, row,
            rows, column, columns, tileRows, mirrored, contactSums, radiusGradients, energy);
    }

    void project()
    {
        emulation::launch(
            {static_cast<unsigned>(chunks)}, {imageBlock}, gradient::project_gradient, z, r.viewStride, r.imageStride, views, images, width,
            exactMean, mean, centroids, centroidForces, contactSums, radiusGradients, radii, inverseNorms, exactInverseNorms, delicate,
            r.radiusScale, r.sizeWeight, along, exactCentroids, projected, partialSums);
        emulation::launch({blocks(r.width, SUM_BLOCK)}, {SUM_BLOCK, SUM_BLOCK}, statistics::add_partial_sums, partialSums, chunks, width, projectedSums, 0,
            static_cast<double*>(nullptr), mean);
        const int64_t rows = r.views * r.images;
        emulation::launch(
            {blocks(r.width, WARP_NUMBERS), std::min(blocks(rows, 4 * BLOCK_WARPS), 65535u)}, {WARP_SIZE, BLOCK_WARPS}, gradient::centre_gradient, projected, projectedSums, rows,
            rows, width, slope, r.upstream == 1 ? static_cast<float*>(nullptr) : upstream, result);
    }

    const Request& r;
    const Element* z;
    const int chunks;
    const unsigned imageBlock;
    const int views = static_cast<int>(r.views);
    const int images = static_cast<int>(r.images);
    const int width = static_cast<int>(r.width);
    const int tileRows = static_cast<int>(r.tileRows);
    const int64_t padded = quotient(r.width, 4) * 4;
    const Device<double> embeddingSums{r.width};
    const Device<double> projectedSums{r.width};
    const Device<double> exactMean{r.width};
    const Device<float> mean{2 * padded};
    const Device<float> inverseNorms{r.images * r.views};
    const Device<double> exactInverseNorms{r.images * r.views};
    const Device<double> along{r.images * r.views};
    const Device<unsigned char> delicate{r.images};
    const Device<float> centroids{r.images * r.width};
    const Device<float> centroidForces{r.images * r.width};
    const Device<float> squaredNorms{r.images};
    const Device<float> radii{r.images};
    const Device<double> contactSums{r.images};
    const Device<double> radiusGradients{r.images};
    const Device<double> energy{1};
    const Device<float> loss{1};
    const Device<double> slope{1};
    const Device<float> upstream{1};
    const Device<double> partialSums{chunks * r.width};
    const Device<double> exactCentroids{chunks * r.width};
    const Device<float> projected{r.views * r.images * r.width};
    const Device<Element> result{r.views * r.images * r.width};
};

int main(int count, char** arguments)
{
    if (count != 3)
    {
        emulation::fail("usage: harness input output");
    }

    std::ifstream input(arguments[1], std::ios::binary);
    Request request;
    input.read(reinterpret_cast<char*>(&request), sizeof request);
    const auto& r = request;
    const Device<Element> storage(r.offset + (r.views - 1) * r.viewStride + (r.images - 1) * r.imageStride + r.width);
    Element* z = storage + r.offset;
    for (int64_t row = 0; row < r.views * r.images; row++)
    {
        Element* target = z + row / r.images * r.viewStride + row % r.images * r.imageStride;
        input.read(reinterpret_cast<char*>(target), r.width * sizeof(Element));
    }

    if (!input)
    {
        emulation::fail("the input is too short");
    }

    emulation::random.seed(static_cast<unsigned>(request.seed));
    std::ofstream output(arguments[2], std::ios::binary);
    Loss(request, z).run(output);
    output.close();
    return output ? 0 : 2;
}
