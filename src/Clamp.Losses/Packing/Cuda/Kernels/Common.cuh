// What the kernels share: the element type of embeddings, four numbers at a time, and sums over warps and blocks in a fixed order.
// No header of a CUDA toolkit is at hand where these are compiled, so the 16-bit conversions are spelt out. Names in capitals are numbers
// that those who launch the kernels, or other backends, use too: KernelConstants.cs gives them to the compiler.
#pragma once

// Strides and offsets: B * B and V * B * D may exceed 32 bits.
typedef long long Offset;

constexpr unsigned AllLanes = 0xffffffffu;

// An image of up to this many quads of numbers, in all its views, stays in shared memory; a larger one is read again.
constexpr int KeptQuads = 1024;

// The upper half, to nearest, ties to even; a NaN must not be rounded up to infinity.
__device__ inline unsigned short bfloat16_bits(float value)
{
    const unsigned bits = __float_as_uint(value);
    const bool isNaN = (bits & 0x7fffffffu) > 0x7f800000u;
    return static_cast<unsigned short>(isNaN ? bits >> 16 | 0x40u : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

#if defined(ELEMENT_FLOAT32)

typedef float Element;

#elif defined(ELEMENT_FLOAT16)

struct Element
{
    unsigned short bits;
};

__device__ inline float to_float(Element element)
{
    const unsigned sign = (element.bits & 0x8000u) << 16;
    const unsigned magnitude = element.bits & 0x7fffu;
    if (magnitude >= 0x7c00u)
    {
        return __uint_as_float(sign | 0x7f800000u | (magnitude << 13));
    }

    // Exponents differ by 112; the product is exact, for subnormal numbers too.
    return __uint_as_float(sign | (magnitude << 13)) * 0x1p112f;
}

__device__ inline void from_float(float value, Element& element)
{
    const unsigned bits = __float_as_uint(value);
    const unsigned magnitude = bits & 0x7fffffffu;
    unsigned result;
    if (magnitude > 0x7f800000u)
    {
        result = 0x7e00u;
    }
    else if (magnitude >= 0x47800000u)
    {
        result = 0x7c00u;
    }
    else if (magnitude < 0x38800000u)
    {
        // Subnormal: adding 0.5 rounds to its unit in the last place, 2^-24, the same as here.
        result = __float_as_uint(__uint_as_float(magnitude) + 0.5f) - __float_as_uint(0.5f);
    }
    else
    {
        // To nearest, ties to even; a carry goes on into the exponent, up to infinity.
        result = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
    }

    element.bits = static_cast<unsigned short>((bits >> 16 & 0x8000u) | result);
}

#elif defined(ELEMENT_BFLOAT16)

struct Element
{
    unsigned short bits;
};

__device__ inline float to_float(Element element)
{
    return __uint_as_float(static_cast<unsigned>(element.bits) << 16);
}

__device__ inline void from_float(float value, Element& element)
{
    element.bits = bfloat16_bits(value);
}

#else
#error "Define ELEMENT_FLOAT32, ELEMENT_FLOAT16 or ELEMENT_BFLOAT16."
#endif

__device__ inline float to_float(float value)
{
    return value;
}

__device__ inline void from_float(float value, float& result)
{
    result = value;
}

// Four neighbours of a row, moved as one where they lie aligned.
struct alignas(16) Quad
{
    float at[4];
};

__device__ inline Quad operator-(Quad left, Quad right)
{
    return {{left.at[0] - right.at[0], left.at[1] - right.at[1], left.at[2] - right.at[2], left.at[3] - right.at[3]}};
}

__device__ inline Quad operator*(Quad left, float factor)
{
    return {{left.at[0] * factor, left.at[1] * factor, left.at[2] * factor, left.at[3] * factor}};
}

// factor * left + right.
__device__ inline Quad multiply_add(Quad left, float factor, Quad right)
{
    return {{
        fmaf(left.at[0], factor, right.at[0]),
        fmaf(left.at[1], factor, right.at[1]),
        fmaf(left.at[2], factor, right.at[2]),
        fmaf(left.at[3], factor, right.at[3]),
    }};
}

// The products added to a sum.
__device__ inline float add_products(Quad left, Quad right, float sum)
{
    return fmaf(left.at[3], right.at[3], fmaf(left.at[2], right.at[2], fmaf(left.at[1], right.at[1], fmaf(left.at[0], right.at[0], sum))));
}

template <typename T>
struct alignas(4 * sizeof(T)) Pack
{
    T at[4];
};

// Whether every fourth number of every row starts a Pack.
template <typename T>
__device__ inline bool is_aligned(const T* rows, Offset stride, Offset otherStride = 0)
{
    return reinterpret_cast<size_t>(rows) % sizeof(Pack<T>) == 0 && stride % 4 == 0 && otherStride % 4 == 0;
}

// Numbers d to d + 3 of a row, 0 beyond its end.
template <typename T>
__device__ inline Quad load(const T* row, int d, int width, bool aligned)
{
    Quad result = Quad{};
    if (aligned && d + 4 <= width)
    {
        const Pack<T> pack = *reinterpret_cast<const Pack<T>*>(row + d);
#pragma unroll
        for (int k = 0; k < 4; k++)
        {
            result.at[k] = to_float(pack.at[k]);
        }
    }
    else
    {
#pragma unroll
        for (int k = 0; k < 4; k++)
        {
            result.at[k] = d + k < width ? to_float(row[d + k]) : 0;
        }
    }

    return result;
}

template <typename T>
__device__ inline void store(Quad values, T* row, int d, int width, bool aligned)
{
    if (aligned && d + 4 <= width)
    {
        Pack<T> pack;
#pragma unroll
        for (int k = 0; k < 4; k++)
        {
            from_float(values.at[k], pack.at[k]);
        }

        *reinterpret_cast<Pack<T>*>(row + d) = pack;
    }
    else
    {
#pragma unroll
        for (int k = 0; k < 4; k++)
        {
            if (d + k < width)
            {
                from_float(values.at[k], row[d + k]);
            }
        }
    }
}

// The sum over a warp, known to all its lanes.
template <typename T>
__device__ inline T warp_sum(T value)
{
#pragma unroll
    for (int distance = WARP_SIZE / 2; distance > 0; distance /= 2)
    {
        value += __shfl_xor_sync(AllLanes, value, distance);
    }

    return value;
}

// The sum over a block of whole warps in one row, known to all; `perWarp` is shared memory, free again afterwards.
__device__ inline double block_sum(double value, double* perWarp)
{
    value = warp_sum(value);
    if (threadIdx.x % WARP_SIZE == 0)
    {
        perWarp[threadIdx.x / WARP_SIZE] = value;
    }

    __syncthreads();
    double sum = 0;
    for (int warp = 0; warp < static_cast<int>(blockDim.x) / WARP_SIZE; warp++)
    {
        sum += perWarp[warp];
    }

    __syncthreads();
    return sum;
}

// The first of the images that chunk number `chunk` of `chunks` does; the next chunk's first is its end.
__device__ inline int first_of_chunk(int images, unsigned chunk, unsigned chunks)
{
    return static_cast<int>(static_cast<Offset>(images) * chunk / chunks);
}

// Embeddings z [V, B, D] at any strides, minus their mean, which is a sum of two float32: (z - high) - low is right to float32, because
// the first difference is exact where it is small (Sterbenz) and low is far below the rounding of the second.
struct CentredEmbeddings
{
    const Element* data;
    Offset viewStride;
    Offset imageStride;
    int width;
    bool aligned;
    const double* exactMean;
    const float* mean;

    __device__ CentredEmbeddings(
        const Element* z, Offset viewStride, Offset imageStride, int width, const double* exactMean, const float* mean)
        : data(z), viewStride(viewStride), imageStride(imageStride), width(width), aligned(is_aligned(z, viewStride, imageStride)),
          exactMean(exactMean), mean(mean)
    {
    }

    __device__ int quads() const
    {
        return (width + 3) / 4;
    }

    __device__ const Element* row(int view, int image) const
    {
        return data + view * viewStride + image * imageStride;
    }

    // x of dimensions d to d + 3, 0 beyond the last.
    __device__ Quad at(const Element* row, int d) const
    {
        const Quad* high = reinterpret_cast<const Quad*>(mean) + d / 4;
        return load(row, d, width, aligned) - high[0] - high[quads()];
    }

    __device__ double exactly_at(const Element* row, int d) const
    {
        return to_float(row[d]) - exactMean[d];
    }
};
