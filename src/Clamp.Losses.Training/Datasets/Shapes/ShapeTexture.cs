using System.Numerics;

namespace Clamp.Losses.Training;

/// <summary>A random two-coloured pattern that covers the whole plane.</summary>
internal sealed class ShapeTexture
{
    private readonly TexturePattern _pattern;
    private readonly Vector3 _colour;
    private readonly Vector3 _tint;
    private readonly Vector2 _axis;
    private readonly Vector2 _offset;

    /// <summary>Draws a random direction, period and second colour for a pattern.</summary>
    /// <param name="random">The source of random numbers.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="colour">The mean colour; every component is usually in [0, 1].</param>
    /// <param name="strength">The distance in colour space from the mean colour to either colour of the pattern.</param>
    public ShapeTexture(KeyedRandom random, TexturePattern pattern, Vector3 colour, float strength)
    {
        _pattern = pattern;
        _colour = colour;
        _tint = RandomDirection(random) * strength;
        float angle = (float)random.Uniform(0, MathF.Tau);
        float period = (float)random.Uniform(0.12f, 0.3f);
        _axis = new Vector2(MathF.Cos(angle), MathF.Sin(angle)) / period;
        _offset = new Vector2((float)random.NextDouble(), (float)random.NextDouble());
    }

    /// <summary>Draws a direction in colour space, every direction being equally likely.</summary>
    /// <param name="random">The source of random numbers.</param>
    /// <returns>A vector of length 1.</returns>
    public static Vector3 RandomDirection(KeyedRandom random)
    {
        float height = (float)random.Uniform(-1, 1);
        float angle = (float)random.Uniform(0, MathF.Tau);
        float radius = MathF.Sqrt(1 - height * height);
        return new Vector3(radius * MathF.Cos(angle), radius * MathF.Sin(angle), height);
    }

    /// <summary>The colour at a point.</summary>
    /// <param name="point">A point; the image is the unit square.</param>
    /// <returns>Red, green and blue, which may lie a little outside [0, 1].</returns>
    public Vector3 ColourAt(Vector2 point)
    {
        var local = new Vector2(Vector2.Dot(point, _axis), point.Y * _axis.X - point.X * _axis.Y);
        return _colour + _tint * Weight(local + _offset);
    }

    // From -1 to 1, with about as much of the plane below 0 as above.
    private float Weight(Vector2 point)
    {
        Vector2 cell = point - new Vector2(MathF.Round(point.X), MathF.Round(point.Y));
        return _pattern switch
        {
            TexturePattern.Shaded => MathF.Sin(0.5f * point.X),
            TexturePattern.Striped => MathF.CopySign(1, MathF.Abs(cell.X) - 0.25f),
            TexturePattern.Dotted => MathF.CopySign(1, 0.36f - cell.Length()),
            TexturePattern.Checkered => MathF.CopySign(1, cell.X * cell.Y),
            _ => MathF.Sin(4 * point.X + 2 * MathF.Sin(3 * point.Y)) * MathF.Sin(3 * point.Y + point.X),
        };
    }
}
