using Clamp.Losses.Samples.Pages;

namespace Clamp.Losses.Samples.Gallery;

/// <summary>Writes a gallery as one page that needs no network: pictures in sections, and the neighbours of one that is clicked.</summary>
public static class GalleryPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="content">What it shows.</param>
    /// <param name="images">The image of each number in <see cref="GalleryContent.Images"/>.</param>
    /// <returns>The page.</returns>
    public static string Html(GalleryContent content, Func<int, GalleryImage> images)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(images);
        var data = new
        {
            content.Title,
            content.About,
            content.Value,
            content.Query,
            Sections = content.Sections.Select(section => new { section.Heading, Entries = Described(section.Entries) }),
            Neighbours = content.Neighbours.ToDictionary(pair => pair.Key, pair => Described(pair.Value)),
            Images = content.Images.ToDictionary(number => number, number => Described(images(number))),
        };

        return PageTemplate.Filled("gallery.html", data);
    }

    // A number and its value, null without.
    private static IEnumerable<double?[]> Described(IReadOnlyList<GalleryEntry> entries) =>
        entries.Select(entry => new double?[] { entry.Image, entry.Value is { } value ? Math.Round(value, 4) : null });

    private static object Described(GalleryImage image) => new
    {
        image.Name,
        image.Label,
        Picture = image.Picture is null ? null : $"data:image/jpeg;base64,{Convert.ToBase64String(image.Picture)}",
    };
}
