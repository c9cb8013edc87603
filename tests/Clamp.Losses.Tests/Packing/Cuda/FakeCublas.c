/* cuBLAS for one thing: sgemm by plain loops, matrices by columns as cuBLAS has them. */
#include <stddef.h>

int cublasCreate_v2(void** handle) { return *handle = handle, 0; }

int cublasDestroy_v2(void* handle) { return (void)handle, 0; }

static float entry(const float* matrix, int stride, int transposed, int row, int column)
{
    return transposed ? matrix[column + (size_t)row * stride] : matrix[row + (size_t)column * stride];
}

int cublasSgemm_v2(
    void* handle, int leftTransposed, int rightTransposed, int rows, int columns, int inner, const float* factor, const float* left,
    int leftStride, const float* right, int rightStride, const float* kept, float* result, int resultStride)
{
    (void)handle;
    for (int column = 0; column < columns; column++)
    {
        for (int row = 0; row < rows; row++)
        {
            float sum = 0;
            for (int k = 0; k < inner; k++)
            {
                sum += entry(left, leftStride, leftTransposed, row, k) * entry(right, rightStride, rightTransposed, k, column);
            }

            float* target = result + row + (size_t)column * resultStride;
            *target = *factor * sum + (*kept == 0 ? 0 : *kept * *target);
        }
    }

    return 0;
}
