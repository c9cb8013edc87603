using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Csv;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using Perfolizer.Metrology;

namespace Clamp.Losses.Benchmarks;

/// <summary>Medians, as a table and as plain numbers; jobs come from the command line, further columns from each comparison.</summary>
public sealed class BenchmarkConfig : ManualConfig
{
    public BenchmarkConfig()
    {
        AddLogger(ConsoleLogger.Default);
        AddExporter(MarkdownExporter.GitHub, PlainCsv());
        AddColumn(TargetMethodColumn.Method, StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max);
        AddColumnProvider(DefaultColumnProviders.Params);

        // A step takes up to seconds, so that warming up as often as nanoseconds need it would be most of a run; once leaves the JIT at work.
        // In this process: a project that BenchmarkDotNet generates would not run the targets that make libtorch load. The reference's
        // algorithm takes minutes on a machine whose pages are slow.
        AddJob(Job.Default.WithWarmupCount(3).WithToolchain(new InProcessEmitToolchain(TimeSpan.FromHours(1), logOutput: true)).AsMutator());
    }

    /// <summary>Nanoseconds without a unit or separators of thousands.</summary>
    private static CsvExporter PlainCsv()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberGroupSeparator = "";
        var style = new SummaryStyle(
            culture, printUnitsInHeader: true, sizeUnit: SizeUnit.B, timeUnit: TimeUnit.Nanosecond, printUnitsInContent: false);
        return new CsvExporter(CsvSeparator.Comma, style);
    }
}
