using System.Globalization;

namespace Clamp.Losses.Packing.Cuda;

/// <summary>The numbers that kernels share with those who launch them or with other backends, given to the compiler.</summary>
internal static class KernelConstants
{
    /// <summary>Threads of a warp.</summary>
    public const int WarpSize = 32;

    /// <summary>Warps of most blocks, and rows of a block that is a warp wide.</summary>
    public const int BlockWarps = 8;

    /// <summary>Threads of most blocks.</summary>
    public const int BlockThreads = BlockWarps * WarpSize;

    /// <summary>Columns, and dimensions, that a warp does at once: four a lane.</summary>
    public const int WarpNumbers = 4 * WarpSize;

    /// <summary>Rows of pairs of a tile, whose columns are <see cref="WarpNumbers"/>.</summary>
    public const int TileRows = 64;

    /// <summary>Dimensions, and chunks, of a block that adds partial sums.</summary>
    public const int SumBlock = 16;

    /// <summary>How many blocks a grid has at most in its second dimension.</summary>
    public const int MostBlocksDown = 65535;

    /// <summary>Options for the compiler.</summary>
    public static IReadOnlyList<string> Definitions { get; } =
    [
        Definition("WARP_SIZE", WarpSize),
        Definition("BLOCK_WARPS", BlockWarps),
        Definition("WARP_NUMBERS", WarpNumbers),
        Definition("TILE_ROWS", TileRows),
        Definition("SUM_BLOCK", SumBlock),
        Definition("NORM_FLOOR", Floors.Norm),
        Definition("SQUARED_RADIUS_FLOOR", Floors.SquaredRadius),
        Definition("SQUARED_DISTANCE_FLOOR", (float)Floors.SquaredDistance),
        Definition("REACH_FLOOR", (float)Floors.Reach),
        Definition("ENERGY_FLOOR", Floors.Energy),
        Definition("LEAST_SQUARED_NORM", Float32Limits.LeastSquaredNorm),
        Definition("LARGEST_SQUARED_NORM", Float32Limits.LargestSquaredNorm),
        Definition("LEAST_SPREAD", Float32Limits.LeastSpread),
        Definition("CLOSE_FRACTION", Float32Limits.CloseFraction),
    ];

    private static string Definition(string name, int value) => $"-D{name}={value}";

    // With an exponent, which makes it a literal of C++ even where the number is whole.
    private static string Definition(string name, double value) => $"-D{name}={value.ToString("E16", CultureInfo.InvariantCulture)}";

    private static string Definition(string name, float value) => $"-D{name}={value.ToString("E8", CultureInfo.InvariantCulture)}f";
}
