namespace Clamp.Losses.Samples.Gallery;

/// <summary>What a gallery shows.</summary>
/// <param name="Title">Its title.</param>
/// <param name="About">What is seen, in a sentence or two.</param>
/// <param name="Value">What the value of an entry is, such as "similarity".</param>
/// <param name="Sections">What it shows at first, at least one section.</param>
public sealed record GalleryContent(string Title, string About, string Value, IReadOnlyList<GallerySection> Sections)
{
    /// <summary>The image that the first section was found for; null where there is none.</summary>
    public int? Query { get; init; }

    /// <summary>Of some images the most similar others: a click on such an image shows them.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<GalleryEntry>> Neighbours { get; init; } = new Dictionary<int, IReadOnlyList<GalleryEntry>>();

    /// <summary>The numbers of all images that the gallery may show.</summary>
    public IEnumerable<int> Images => Sections.SelectMany(section => section.Entries)
        .Concat(Neighbours.Values.SelectMany(entries => entries))
        .Select(entry => entry.Image)
        .Concat(Neighbours.Keys)
        .Concat(Query is { } query ? [query] : [])
        .Distinct();
}
