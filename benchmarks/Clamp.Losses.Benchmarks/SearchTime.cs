using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Benchmarks;

/// <summary>Exact search beside the matrix product that it cannot do without.</summary>
[Config(typeof(Columns))]
public class SearchTime : IDisposable
{
    private const int Count = 100_000;
    private const int Width = 512;
    private const int K = 10;

    private Tensor _bank = null!;
    private Tensor _queries = null!;

    [Params(1, 1_000)]
    public int Queries { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        // As the trainer's program does.
        IdleThreads.SleepSoon();
        FreedMemory.Keep();
        manual_seed(1);
        (_bank, _queries) = (randn(Count, Width), randn(Queries, Width));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _bank.Dispose();
        _queries.Dispose();
    }

    [Benchmark(Description = "product")]
    public void Product()
    {
        using var scope = NewDisposeScope();
        _queries.mm(_bank.t());
    }

    /// <summary>Without the page faults of a large result: what a search cannot do without.</summary>
    [Benchmark(Description = "product, in blocks")]
    public void ProductInBlocks()
    {
        const int Columns = 16_384;
        for (var row = 0; row < Queries; row += 500)
        {
            for (var column = 0; column < Count; column += Columns)
            {
                using var scope = NewDisposeScope();
                _queries.narrow(0, row, Math.Min(500, Queries - row)).mm(_bank.narrow(0, column, Math.Min(Columns, Count - column)).t());
            }
        }
    }

    [Benchmark(Description = "product, top 10 by torch")]
    public void ProductAndTopK()
    {
        using var scope = NewDisposeScope();
        _queries.mm(_bank.t()).topk(K, dim: 1);
    }

    [Benchmark(Description = "SimilaritySearch.Nearest, k 10")]
    public void Search() => SimilaritySearch.Nearest(_bank, _queries, K);

    private sealed class Columns : ManualConfig
    {
        public Columns() => AddColumn(new MedianRatioColumn("vs product in blocks", nameof(ProductInBlocks), inverted: false));
    }
}
