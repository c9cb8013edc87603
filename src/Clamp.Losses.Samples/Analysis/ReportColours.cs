using Clamp.Losses.Samples.Toy;
using ScottPlot;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>
/// The report's colours, told apart by any colour vision: of Okabe and Ito, and for classes the toy's. Figures are drawn in the light ones; a rule
/// of the page, and of each file, puts the dark ones in their place where dark is preferred.
/// </summary>
internal static class ReportColours
{
    public static readonly Color Ink = Color.FromHex("#1F2430");
    public static readonly Color Grid = Color.FromHex("#DDE1E8");
    public static readonly Color Muted = Color.FromHex("#767E8C");
    public static readonly Color Blue = Color.FromHex("#0072B2");
    public static readonly Color Orange = Color.FromHex("#D55E00");

    private static readonly (string Light, string Dark)[] Pairs =
    [
        ("#1F2430", "#E8EBF1"),
        ("#DDE1E8", "#333A46"),
        ("#767E8C", "#A4ADBD"),
        ("#0072B2", "#6CB8F0"),
        ("#D55E00", "#FF9A52"),
        ("#332288", "#9C8FF5"),
        ("#CC6677", "#F08A9B"),
        ("#117733", "#4CC27A"),
        ("#AA4499", "#DD86D0"),
        ("#882255", "#E0699F"),
        ("#999933", "#C6C65E"),
    ];

    /// <summary>The style rules.</summary>
    public static string Css { get; } = "@media (prefers-color-scheme: dark) {" + string.Concat(Pairs.Select(pair =>
        $" svg [fill=\"{Written(pair.Light)}\"] {{ fill: {pair.Dark}; }} svg [stroke=\"{Written(pair.Light)}\"] {{ stroke: {pair.Dark}; }}")) + " }";

    // Skia writes #112233 as #123.
    private static string Written(string hex) => hex[1] == hex[2] && hex[3] == hex[4] && hex[5] == hex[6] ? $"#{hex[1]}{hex[3]}{hex[5]}" : hex;

    /// <summary>The colour of a class; after ten they come again.</summary>
    public static Color OfClass(int index) => Color.FromHex($"#{ToyColours.All[index % ToyColours.All.Count]:X6}");
}
