// Splits float32 numbers into three bfloat16 parts, each the rounding of what those before it leave; CublasProduct multiplies them.
// Layout: threads as in centre_gradient: a warp does 128 columns of a row, four a lane, then goes to another row.
// Precision: the parts add up to the number exactly, from 2^-110 in magnitude on; below, to 2^-134. Beyond the largest bfloat16 number,
// 3.39e38, and for infinities, they add up to NaN; NaN stays NaN.
#include "Common.cuh"

struct Part
{
    unsigned short bits;
};

__device__ inline void from_float(float value, Part& part)
{
    part.bits = bfloat16_bits(value);
}

__device__ inline Quad rounded(Quad values)
{
    Quad result;
#pragma unroll
    for (int k = 0; k < 4; k++)
    {
        result.at[k] = __uint_as_float(static_cast<unsigned>(bfloat16_bits(values.at[k])) << 16);
    }

    return result;
}

// Each part is a matrix of the same shape, `step` numbers behind the part before it. Grid (columns / 128, any), block (32, 8).
extern "C" __global__ void split_matrix(
    const float* matrix, Offset stride, int rows, int columns, Part* parts, Offset partStride, Offset step)
{
    const int column = (blockIdx.x * WARP_SIZE + threadIdx.x) * 4;
    const bool aligned = is_aligned(matrix, stride);
    const bool partsAligned = is_aligned(parts, partStride, step);
    for (int row = blockIdx.y * BLOCK_WARPS + threadIdx.y; row < rows; row += gridDim.y * BLOCK_WARPS)
    {
        const Quad high = load(matrix + row * stride, column, columns, aligned);
        const Quad middle = high - rounded(high);
        const Quad low = middle - rounded(middle);
        Part* target = parts + row * partStride;
        store(high, target, column, columns, partsAligned);
        store(middle, target + step, column, columns, partsAligned);
        store(low, target + 2 * step, column, columns, partsAligned);
    }
}
