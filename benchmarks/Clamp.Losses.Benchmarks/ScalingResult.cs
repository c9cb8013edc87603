using System.Globalization;

namespace Clamp.Losses.Benchmarks;

/// <summary>One row of what <see cref="BatchScaling"/> measured.</summary>
/// <param name="Method">The benchmark's method.</param>
/// <param name="Images">B.</param>
/// <param name="Milliseconds">The median time of a step.</param>
/// <param name="Megabytes">The peak memory of a step; null where it could not be measured.</param>
internal sealed record ScalingResult(string Method, int Images, double Milliseconds, double? Megabytes)
{
    /// <summary>The file that <see cref="BenchmarkConfig"/> has the results written to.</summary>
    public static string FileName => $"{typeof(BatchScaling).FullName}-report.csv";

    /// <summary>Reads all rows that were measured.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is not such a table.</exception>
    public static ScalingResult[] Read(string path)
    {
        var lines = File.ReadAllLines(path);
        var header = lines.FirstOrDefault("").Split(',');
        var (method, images) = (ColumnOf("Method"), ColumnOf(nameof(BatchScaling.Images)));
        var (median, peak) = (ColumnOf("Median [ns]"), ColumnOf(PeakMemoryColumn.Name));
        var results =
            from line in lines.Skip(1)
            let cells = line.Split(',')
            where cells.Length == header.Length
            let time = Number(cells[median])
            where time > 0 && Number(cells[images]) > 0
            select new ScalingResult(cells[method], (int)Number(cells[images])!.Value, time.Value / 1e6, Number(cells[peak]));
        return results.ToArray() is { Length: > 0 } rows ? rows : throw new InvalidDataException("it has no results");

        int ColumnOf(string name) =>
            Array.IndexOf(header, name) is >= 0 and var index ? index : throw new InvalidDataException($"it has no column '{name}'");
    }

    /// <summary>A cell's number, if it holds one; "NA" and "n/a" do not.</summary>
    private static double? Number(string cell) =>
        double.TryParse(cell, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
