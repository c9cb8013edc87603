using System.Collections.Concurrent;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Clamp.Losses.Benchmarks;

/// <summary>Shows what benchmarks noted about their peak memory while they were set up, in this same process.</summary>
public sealed class PeakMemoryColumn : IColumn
{
    public const string Name = "Peak extra memory (MB)";

    private static readonly ConcurrentDictionary<(string Method, int Images), long?> Noted = [];

    public string Id => nameof(PeakMemoryColumn);

    public string ColumnName => Name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    // MB in every row, in tables as in CSV.
    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "resident memory at the peak of one step, beyond what was resident before it; 1 MB = 1e6 bytes";

    /// <summary>Notes a benchmark's peak.</summary>
    /// <param name="method">The benchmark's method.</param>
    /// <param name="images">Its B.</param>
    /// <param name="bytes">The peak, or null where it is unknown.</param>
    public static void Note(string method, int images, long? bytes) => Noted[(method, images)] = bytes;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        var method = benchmarkCase.Descriptor.WorkloadMethod.Name;
        var images = (int)benchmarkCase.Parameters[nameof(BatchScaling.Images)];
        var bytes = Noted.GetValueOrDefault((method, images));
        return bytes is null ? "n/a" : (bytes.Value / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
