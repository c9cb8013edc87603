using System.Numerics;

namespace Clamp.Losses.Training;

/// <summary>A named outline inside the unit disc.</summary>
/// <param name="Name">What the outline is called.</param>
/// <param name="Contains">Says whether a point of the unit disc lies inside the outline.</param>
internal sealed record ShapeOutline(string Name, Func<Vector2, bool> Contains)
{
    /// <summary>The outlines that are classes of <see cref="ShapesGenerator"/>, in the order of the labels.</summary>
    public static IReadOnlyList<ShapeOutline> Classes { get; } =
    [
        new("circle", point => point.Length() < 0.85f),
        new("square", point => Farther(point) < 0.7f),
        new("triangle", point => point.Y > -0.5f && MathF.Sqrt(3) * MathF.Abs(point.X) + point.Y < 1),
        new("star", IsInStar),
        new("ring", point => point.Length() is > 0.5f and < 0.9f),
        new("cross", point => Nearer(point) < 0.26f && Farther(point) < 0.9f),
        new("crescent", point => point.Length() < 0.9f && Vector2.Distance(point, new(0.4f, 0)) > 0.7f),
        new("heart", IsInHeart),
        new("arrow", IsInArrow),
        new("hourglass", point => MathF.Abs(point.Y) < 0.78f && MathF.Abs(point.X) < 0.75f * MathF.Abs(point.Y) + 0.04f),
        new("clover", IsInClover),
        new("corner", point => Farther(point) < 0.7f && MathF.Min(point.X, point.Y) < -0.2f),
    ];

    /// <summary>The outlines of clutter, which tell nothing about the class.</summary>
    public static IReadOnlyList<ShapeOutline> Clutter { get; } =
    [
        new("blob", point => (point * new Vector2(1, 1.8f)).Length() < 1),
        new("bar", point => MathF.Abs(point.X) < 0.95f && MathF.Abs(point.Y) < 0.3f),
    ];

    private static float Farther(Vector2 point) => MathF.Max(MathF.Abs(point.X), MathF.Abs(point.Y));

    private static float Nearer(Vector2 point) => MathF.Min(MathF.Abs(point.X), MathF.Abs(point.Y));

    // The star is ten mirror images of the wedge between one tip, at (1, 0), and the notch beside it.
    private static bool IsInStar(Vector2 point)
    {
        const float Wedge = MathF.PI / 5;
        const float NotchRadius = 0.42f;
        float angle = MathF.Abs(MathF.IEEERemainder(MathF.Atan2(point.Y, point.X), 2 * Wedge));
        var folded = new Vector2(MathF.Cos(angle), MathF.Sin(angle)) * point.Length();
        var edge = new Vector2(NotchRadius * MathF.Cos(Wedge) - 1, NotchRadius * MathF.Sin(Wedge));
        return edge.X * folded.Y - edge.Y * (folded.X - 1) > 0;
    }

    // The disc x² + y² < 1, bent upwards on both sides and shrunk to fit the disc again.
    private static bool IsInHeart(Vector2 point)
    {
        float x = 1.2f * point.X;
        float y = 1.2f * point.Y + 0.17f;
        float bent = 1.2f * y - 0.8f * MathF.Sqrt(MathF.Abs(x));
        return x * x + bent * bent < 1;
    }

    private static bool IsInArrow(Vector2 point)
    {
        bool inShaft = point.X is > -0.9f and < 0.15f && MathF.Abs(point.Y) < 0.2f;
        bool inHead = point.X > 0.1f && MathF.Abs(point.Y) < 0.8f * (0.95f - point.X);
        return inShaft || inHead;
    }

    private static bool IsInClover(Vector2 point)
    {
        const float LeafRadius = 0.42f;
        return Vector2.Distance(point, new(0, 0.52f)) < LeafRadius
            || Vector2.Distance(new(MathF.Abs(point.X), point.Y), new(0.45f, -0.26f)) < LeafRadius;
    }
}
