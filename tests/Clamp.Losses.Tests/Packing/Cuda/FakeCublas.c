/* cuBLAS for two things: products of float32 and of bfloat16 matrices by plain loops, matrices by columns as cuBLAS has them. It remembers its handles and their math modes, fails
   where a test wants it to, and notices threads that meet in a handle. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char failing[64];
static int handles, math_mode = -1, inside, met, split_products;

int fake_handles(void) { return handles; }

int fake_math_mode(void) { return math_mode; }

int fake_met(void) { return met; }

int fake_split_products(void) { return split_products; }

void fake_fail(const char *function) { snprintf(failing, sizeof failing, "%s", function); }

static int result_of(const char *function) { return strcmp(function, failing) == 0 ? 3 : 0; }

int cublasCreate_v2(void **handle)
{
    int result = result_of("cublasCreate");
    handles += result == 0;
    return *handle = &handles, result;
}

int cublasDestroy_v2(void *handle) { return handles -= handle == &handles, 0; }

int cublasSetMathMode(void *handle, int mode)
{
    math_mode = handle == &handles ? mode : -1;
    return result_of("cublasSetMathMode");
}

static float number(const unsigned short *matrix, int stride, int transposed, int row, int column)
{
    unsigned bits = (unsigned)(transposed ? matrix[column + (size_t)row * stride] : matrix[row + (size_t)column * stride]) << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float entry(const float *matrix, int stride, int transposed, int row, int column)
{
    return transposed ? matrix[column + (size_t)row * stride] : matrix[row + (size_t)column * stride];
}

/* Of bfloat16 factors with float32 sums, and nothing else. */
int cublasGemmEx(
    void *handle, int leftTransposed, int rightTransposed, int rows, int columns, int inner, const float *factor,
    const unsigned short *left, int leftType, int leftStride, const unsigned short *right, int rightType, int rightStride,
    const float *kept, float *result, int resultType, int resultStride, int sums, int algorithm)
{
    enum { Float32 = 0, BFloat16 = 14, Float32Sums = 68, AnyAlgorithm = -1 };
    if (handle != &handles || leftType != BFloat16 || rightType != BFloat16 || resultType != Float32 || sums != Float32Sums
        || algorithm != AnyAlgorithm || result_of("cublasGemmEx") != 0)
    {
        return 14;
    }
    split_products++;
    for (int column = 0; column < columns; column++)
    {
        for (int row = 0; row < rows; row++)
        {
            float sum = 0;
            for (int k = 0; k < inner; k++)
            {
                sum += number(left, leftStride, leftTransposed, row, k) * number(right, rightStride, rightTransposed, k, column);
            }

            float *target = result + row + (size_t)column * resultStride;
            *target = *factor * sum + (*kept == 0 ? 0 : *kept * *target);
        }
    }
    return 0;
}

int cublasSgemm_v2(
    void *handle, int leftTransposed, int rightTransposed, int rows, int columns, int inner, const float *factor, const float *left,
    int leftStride, const float *right, int rightStride, const float *kept, float *result, int resultStride)
{
    if (handle != &handles || result_of("cublasSgemm") != 0)
    {
        return 14;
    }
    if (__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST) != 0)
    {
        met = 1;
    }
    for (int column = 0; column < columns; column++)
    {
        for (int row = 0; row < rows; row++)
        {
            float sum = 0;
            for (int k = 0; k < inner; k++)
            {
                sum += entry(left, leftStride, leftTransposed, row, k) * entry(right, rightStride, rightTransposed, k, column);
            }

            float *target = result + row + (size_t)column * resultStride;
            *target = *factor * sum + (*kept == 0 ? 0 : *kept * *target);
        }
    }
    if (inner == 1)
    {
        /* The test of threads multiplies single numbers; each stays for a moment, so that another can come. */
        usleep(2000);
    }
    __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
    return 0;
}
