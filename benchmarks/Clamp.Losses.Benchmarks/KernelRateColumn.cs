using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Clamp.Losses.Benchmarks;

/// <summary>How fast a kernel does its <see cref="KernelWorkAttribute"/>, by medians of one run.</summary>
/// <param name="name">The column's name.</param>
/// <param name="amount">Which of its work.</param>
/// <param name="standard">The benchmark whose rate is 1; without one, rates are in 1e9 a second.</param>
public sealed class KernelRateColumn(string name, Func<KernelWorkAttribute, double> amount, string? standard = null) : IColumn
{
    public string Id => nameof(KernelRateColumn) + name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 1;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend =>
        (standard is null ? "1e9 a second" : $"of the rate of {standard} in this run") + ", by medians, less products that are timed along";

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        var method = benchmarkCase.Descriptor.WorkloadMethod;
        if (amount(WorkOf(method)) == 0)
        {
            return "-";
        }

        var rate = Rate(summary, method.Name) / (standard is null ? 1 : Rate(summary, standard));
        return rate?.ToString(standard is null ? "0.0" : "0.00", CultureInfo.InvariantCulture) ?? "?";
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    private static KernelWorkAttribute WorkOf(MethodInfo method) => method.GetCustomAttribute<KernelWorkAttribute>() ?? new();

    private static BenchmarkCase? CaseOf(Summary summary, string? method) =>
        summary.BenchmarksCases.FirstOrDefault(candidate => candidate.Descriptor.WorkloadMethod.Name == method);

    /// <summary>Work a nanosecond.</summary>
    private double? Rate(Summary summary, string method)
    {
        if (CaseOf(summary, method) is not { } benchmarkCase)
        {
            return null;
        }

        var work = WorkOf(benchmarkCase.Descriptor.WorkloadMethod);
        var beside = work.Beside is null ? 0 : Median(summary, work.Beside);
        return amount(work) / (Median(summary, method) - beside);
    }

    private static double? Median(Summary summary, string method) =>
        CaseOf(summary, method) is { } benchmarkCase ? summary[benchmarkCase]?.ResultStatistics?.Median : null;
}
