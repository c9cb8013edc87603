namespace Clamp.Losses.Training;

/// <summary>A class of <see cref="ShapesGenerator"/>: an outline filled with a pattern, such as a striped circle.</summary>
/// <param name="Outline">The outline.</param>
/// <param name="Pattern">The pattern, which three classes share: it narrows the class down, and the outline decides.</param>
internal sealed record ShapeClass(ShapeOutline Outline, TexturePattern Pattern)
{
    private const int ClassPatterns = 4;

    /// <summary>All classes, in the order of the labels.</summary>
    public static IReadOnlyList<ShapeClass> All { get; } =
        [.. ShapeOutline.Classes.Select((outline, label) => new ShapeClass(outline, (TexturePattern)(label % ClassPatterns)))];

    /// <summary>What the class is called.</summary>
    public string Name => $"{Pattern.ToString().ToLowerInvariant()} {Outline.Name}";
}
