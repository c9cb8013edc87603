using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;

namespace Clamp.Losses.Benchmarks;

/// <summary>Medians, and how many times as fast as the baseline and as slow as the floor of the same run; jobs come from the command line.</summary>
public sealed class BenchmarkConfig : ManualConfig
{
    public BenchmarkConfig()
    {
        AddLogger(ConsoleLogger.Default);
        AddExporter(MarkdownExporter.GitHub);
        AddColumn(
            TargetMethodColumn.Method,
            StatisticColumn.Median,
            StatisticColumn.Min,
            StatisticColumn.Max,
            new MedianRatioColumn("vs reference", nameof(LossThroughput.Reference), inverted: true),
            new MedianRatioColumn("vs floor", nameof(LossThroughput.Floor), inverted: false));
        AddColumnProvider(DefaultColumnProviders.Params);
    }
}
