using System.Net;
using System.Text.RegularExpressions;
using ScottPlot;
using SkiaSharp;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>A drawing as SVG: what is inside of the svg element, and its size in pixels.</summary>
/// <param name="Body">The elements.</param>
/// <param name="Width">The width.</param>
/// <param name="Height">The height.</param>
internal sealed partial record VectorImage(string Body, int Width, int Height)
{
    /// <summary>What texts are written in; letters are placed by the widths of this machine's.</summary>
    public static readonly string Typeface =
        new[] { "DejaVu Sans", "Liberation Sans", "Arial", "Helvetica" }.Intersect(SKFontManager.Default.FontFamilies).FirstOrDefault() ?? Fonts.Sans;

    /// <summary>A plot, in colours that follow the page's.</summary>
    /// <param name="plot">The plot; its axes and legend take the report's style.</param>
    /// <param name="width">The width.</param>
    /// <param name="height">The height.</param>
    public static VectorImage Of(Plot plot, int width = 440, int height = 300)
    {
        plot.Font.Set(Typeface);
        plot.Axes.Color(ReportColours.Ink);
        plot.Grid.MajorLineColor = ReportColours.Grid;
        plot.Axes.Title.Label.FontSize = plot.Axes.Bottom.Label.FontSize = plot.Axes.Left.Label.FontSize = 13;
        plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;

        // The last tick's number reaches beyond the axis.
        (plot.Axes.Right.MinimumSize, plot.Axes.Top.MinimumSize) = (22, 12);
        plot.Legend.FontColor = ReportColours.Ink;
        plot.Legend.BackgroundColor = plot.Legend.OutlineColor = plot.Legend.ShadowColor = Colors.Transparent;
        return Bare(plot, width, height);
    }

    /// <summary>A plot as it is, but for its background.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="width">The width.</param>
    /// <param name="height">The height.</param>
    public static VectorImage Bare(Plot plot, int width, int height)
    {
        plot.FigureBackground.Color = plot.DataBackground.Color = Colors.Transparent;
        var svg = plot.GetSvgXml(width, height).Replace($"\"{Typeface}\"", $"\"{Typeface}, sans-serif\"", StringComparison.Ordinal);
        var start = svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        return new VectorImage(svg[start..svg.LastIndexOf("</svg>", StringComparison.Ordinal)], width, height);
    }

    /// <summary>Drawings beside and below each other, row by row.</summary>
    /// <param name="images">The drawings, of one size.</param>
    /// <param name="columns">How many are in a row.</param>
    public static VectorImage Grid(IReadOnlyList<VectorImage> images, int columns)
    {
        var (width, height) = (images[0].Width, images[0].Height);
        var placed = images.Select((image, i) =>
            $"<svg x=\"{i % columns * width}\" y=\"{i / columns * height}\" width=\"{width}\" height=\"{height}\">{image.WithOwnNames($"p{i}")}</svg>");
        return new VectorImage(string.Concat(placed), columns * width, (images.Count + columns - 1) / columns * height);
    }

    /// <summary>As an element of a page.</summary>
    /// <param name="name">A name that no other drawing of the page has; letters, digits and dashes.</param>
    /// <param name="title">What it shows, in words.</param>
    public string ToElement(string name, string title) =>
        $"<svg role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\" viewBox=\"0 0 {Width} {Height}\" style=\"max-width: {Width * 4 / 3}px\" "
        + $"data-figure=\"{name}\">{WithOwnNames(name)}</svg>";

    /// <summary>As a file, light and dark.</summary>
    public string ToFile() =>
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\">"
        + $"<style>svg {{ color-scheme: light dark; }} {ReportColours.Css}</style>{Body}</svg>\n";

    // Skia counts its clips from 1 in each drawing: on one page they would be each other's.
    public string WithOwnNames(string name) => Clip().Replace(Body, match => $"{match.Groups[1].Value}{name}-");

    [GeneratedRegex("(id=\"|url\\(#)(?=(?:p\\d+-)*cl_)")]
    private static partial Regex Clip();
}
