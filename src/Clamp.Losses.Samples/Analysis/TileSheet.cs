using System.Net;
using System.Text;

namespace Clamp.Losses.Samples.Analysis;

/// <summary>Draws rows of small images, each row with its name.</summary>
internal static class TileSheet
{
    private const int Side = 44;
    private const int Gap = 6;
    private const int NameWidth = 96;
    private const int HeadHeight = 22;

    /// <summary>Draws the rows.</summary>
    /// <param name="head">What the first image of a row is, and the others are, in words.</param>
    /// <param name="rows">The rows.</param>
    public static VectorImage Draw((string First, string Others) head, IReadOnlyList<TileRow> rows)
    {
        var body = new StringBuilder();
        body.Append(Text(NameWidth, 14, head.First)).Append(Text(Left(1), 14, head.Others));
        for (var r = 0; r < rows.Count; r++)
        {
            var top = HeadHeight + r * (Side + Gap) + Gap / 2;
            body.Append(Text(0, top + Side / 2 + 4, ShortName.Of(rows[r].Name), rows[r].Name));
            for (var t = 0; t < rows[r].Tiles.Count; t++)
            {
                var tile = rows[r].Tiles[t];
                body.Append($"<image x=\"{Left(t)}\" y=\"{top}\" width=\"{Side}\" height=\"{Side}\" style=\"image-rendering: pixelated\" href=\"{tile.Address}\">"
                    + $"<title>{WebUtility.HtmlEncode(tile.Title)}</title></image>");
                if (tile.IsMarked)
                {
                    body.Append("<rect fill=\"none\" stroke=\"#0072B2\" stroke-width=\"3\" ")
                        .Append($"x=\"{Left(t) - 2}\" y=\"{top - 2}\" width=\"{Side + 4}\" height=\"{Side + 4}\"/>");
                }
            }
        }

        return new VectorImage(body.ToString(), Left(rows.Max(row => row.Tiles.Count)), HeadHeight + rows.Count * (Side + Gap));
    }

    // The first stands apart from the others.
    private static int Left(int tile) => NameWidth + tile * (Side + Gap) + (tile > 0 ? 2 * Gap : 0);

    private static string Text(int x, int y, string text, string? title = null) =>
        $"<text fill=\"#1F2430\" font-size=\"12\" font-family=\"sans-serif\" x=\"{x}\" y=\"{y}\">{WebUtility.HtmlEncode(text)}"
        + $"{(title is null ? "" : $"<title>{WebUtility.HtmlEncode(title)}</title>")}</text>";
}
