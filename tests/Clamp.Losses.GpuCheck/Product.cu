// left * right of any strides, for machines without cuBLAS: right, not fast. Strides are in numbers.
constexpr int Tile = 16;

extern "C" __global__ void multiply(
    const float* left, long long leftRow, long long leftColumn,
    const float* right, long long rightRow, long long rightColumn,
    float* result, long long resultRow, int rows, int columns, int inner, int accumulate)
{
    __shared__ float leftTile[Tile][Tile];
    __shared__ float rightTile[Tile][Tile];
    const int x = threadIdx.x, y = threadIdx.y;
    const int row = blockIdx.y * Tile + y, column = blockIdx.x * Tile + x;
    float sum = 0.0f;
    for (int first = 0; first < inner; first += Tile)
    {
        leftTile[y][x] = row < rows && first + x < inner ? left[row * leftRow + (first + x) * leftColumn] : 0.0f;
        rightTile[y][x] = column < columns && first + y < inner ? right[(first + y) * rightRow + column * rightColumn] : 0.0f;
        __syncthreads();
        for (int k = 0; k < Tile; ++k)
        {
            sum += leftTile[y][k] * rightTile[k][x];
        }

        __syncthreads();
    }

    if (row < rows && column < columns)
    {
        float& entry = result[row * resultRow + column];
        entry = accumulate ? entry + sum : sum;
    }
}
