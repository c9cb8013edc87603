using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Clamp.Losses.Benchmarks;

/// <summary>A benchmark's median against that of another one with the same parameters, in the same run.</summary>
/// <param name="name">The column's name.</param>
/// <param name="other">The other benchmark's method.</param>
/// <param name="inverted">Whether to say how many times as fast, instead of how many times as slow.</param>
public sealed class MedianRatioColumn(string name, string other, bool inverted) : IColumn
{
    public string Id => nameof(MedianRatioColumn) + name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => $"median {(inverted ? $"of {other} / this" : $"/ {other}")}";

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        var reference = summary.BenchmarksCases.FirstOrDefault(candidate => candidate.Descriptor.WorkloadMethod.Name == other
            && candidate.Parameters.DisplayInfo == benchmarkCase.Parameters.DisplayInfo);
        var (own, others) = (Median(summary, benchmarkCase), Median(summary, reference));
        return own is null || others is null
            ? "?"
            : (inverted ? others.Value / own.Value : own.Value / others.Value).ToString("0.00", CultureInfo.InvariantCulture);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    private static double? Median(Summary summary, BenchmarkCase? benchmarkCase) =>
        benchmarkCase is null ? null : summary[benchmarkCase]?.ResultStatistics?.Median;
}
