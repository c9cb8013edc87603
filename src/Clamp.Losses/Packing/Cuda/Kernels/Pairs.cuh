// What the kernels between centroids share: the block of pairs that a launch works on, and the centroids.
#pragma once

#include "Common.cuh"

// How many tiles of a size cover so many pairs.
__device__ inline int tiles_of(int pairs, int size)
{
    return (pairs + size - 1) / size;
}

// Rows i and columns j of the matrix of all pairs: pair (row, column) of the block is of the images first row + row, first column + column.
struct PairBlock
{
    float* pairs;
    Offset stride;
    int firstRow;
    int rows;
    int firstColumn;
    int columns;

    __device__ float* row(int row) const
    {
        return pairs + row * stride;
    }
};

struct Centroids
{
    const float* data;
    int width;
    bool aligned;

    __device__ Centroids(const float* centroids, int width) : data(centroids), width(width), aligned(is_aligned(centroids, width))
    {
    }

    __device__ const float* of(int image) const
    {
        return data + static_cast<Offset>(image) * width;
    }
};
