using System.Numerics;

namespace Clamp.Losses.Training;

/// <summary>A random picture of a few copies of one shape on a textured background, among clutter.</summary>
internal sealed class ShapeScene
{
    // Samples a pixel side: edges of shapes and textures are smoothed by averaging 3 x 3 points of each pixel.
    private const int SamplesPerSide = 3;

    // Several copies, so that most crops of a picture show one.
    private const int MinCopies = 3;
    private const int MaxCopies = 6;
    private const float MinRadius = 0.14f;
    private const float MaxRadius = 0.3f;
    private const float MaxAngle = MathF.PI / 6;

    // Colours are muted and shapes brighter than what is behind them: with free colours every image is known by them alone, and
    // neither a random nor a trained encoder looks at outlines.
    private const float MinBackgroundGrey = 0.1f;
    private const float MaxBackgroundGrey = 0.4f;
    private const float MinShapeGrey = 0.6f;
    private const float MaxShapeGrey = 0.9f;
    private const float MaxTint = 0.15f;
    private const float MinPatternStrength = 0.1f;
    private const float MaxPatternStrength = 0.3f;
    private const float MaxFillStrength = 0.05f;
    private const float MinClutterRadius = 0.05f;
    private const float MaxClutterRadius = 0.12f;
    private const float MaxGrain = 0.04f;

    private readonly List<ShapeLayer> _layers = [];
    private readonly ShapeTexture _background;
    private readonly KeyedRandom _random;
    private readonly float _grain;

    /// <summary>Composes a picture; everything but the outline and the pattern of the shape is random.</summary>
    /// <param name="shape">The outline and the pattern.</param>
    /// <param name="random">The source of random numbers, which the scene keeps for itself.</param>
    public ShapeScene(ShapeClass shape, KeyedRandom random)
    {
        _random = random;
        _background = Fill(MutedColour(MinBackgroundGrey, MaxBackgroundGrey));
        _grain = (float)random.Uniform(0, MaxGrain);

        AddShapes(shape);
        AddClutter(1 + random.NextInt(3));
    }

    /// <summary>Paints the picture.</summary>
    /// <param name="planes">The red, the green and the blue plane, each of size x size bytes, row by row.</param>
    /// <param name="size">The height and width in pixels.</param>
    public void Paint(Span<byte> planes, int size)
    {
        int plane = size * size;
        for (int pixel = 0; pixel < plane; pixel++)
        {
            Vector3 colour = AverageColour(pixel % size, pixel / size, size);
            planes[pixel] = ToByte(colour.X);
            planes[plane + pixel] = ToByte(colour.Y);
            planes[2 * plane + pixel] = ToByte(colour.Z);
        }
    }

    private void AddShapes(ShapeClass shape)
    {
        Vector3 colour = MutedColour(MinShapeGrey, MaxShapeGrey);
        var texture = new ShapeTexture(_random, shape.Pattern, colour, (float)_random.Uniform(MinPatternStrength, MaxPatternStrength));
        int copies = MinCopies + _random.NextInt(MaxCopies - MinCopies + 1);
        for (int i = 0; i < copies; i++)
        {
            float radius = (float)_random.Uniform(MinRadius, MaxRadius);
            _layers.Add(new ShapeLayer(shape.Outline, RandomPoint(), radius, (float)_random.Uniform(-MaxAngle, MaxAngle), texture));
        }
    }

    private void AddClutter(int count)
    {
        for (int i = 0; i < count; i++)
        {
            ShapeOutline outline = ShapeOutline.Clutter[_random.NextInt(ShapeOutline.Clutter.Count)];
            ShapeTexture texture = Fill(MutedColour(MinBackgroundGrey, MaxShapeGrey));
            float radius = (float)_random.Uniform(MinClutterRadius, MaxClutterRadius);
            _layers.Add(new ShapeLayer(outline, RandomPoint(), radius, (float)_random.Uniform(0, MathF.Tau), texture));
        }
    }

    private Vector2 RandomPoint() => new((float)_random.NextDouble(), (float)_random.NextDouble());

    // Backgrounds and clutter have weak patterns of any kind, which tell nothing about the class.
    private ShapeTexture Fill(Vector3 colour)
    {
        var pattern = (TexturePattern)_random.NextInt(Enum.GetValues<TexturePattern>().Length);
        return new ShapeTexture(_random, pattern, colour, (float)_random.Uniform(0, MaxFillStrength));
    }

    private Vector3 MutedColour(float minGrey, float maxGrey) =>
        new Vector3((float)_random.Uniform(minGrey, maxGrey)) + ShapeTexture.RandomDirection(_random) * (float)_random.Uniform(0, MaxTint);

    private Vector3 AverageColour(int column, int row, int size)
    {
        const float Step = 1f / SamplesPerSide;
        Vector3 sum = Vector3.Zero;
        for (int sample = 0; sample < SamplesPerSide * SamplesPerSide; sample++)
        {
            var inPixel = new Vector2(sample % SamplesPerSide + 0.5f, sample / SamplesPerSide + 0.5f) * Step;
            sum += ColourAt((new Vector2(column, row) + inPixel) / size);
        }

        return sum * (Step * Step) + _grain * Grain();
    }

    private Vector3 ColourAt(Vector2 point)
    {
        foreach (ShapeLayer layer in _layers)
            if (layer.Covers(point))
                return layer.ColourAt(point);
        return _background.ColourAt(point);
    }

    // Roughly Gaussian, of standard deviation 1: a sum of evenly distributed numbers.
    private Vector3 Grain() => new(GrainOfPlane(), GrainOfPlane(), GrainOfPlane());

    private float GrainOfPlane() => 2 * ((float)_random.NextDouble() + (float)_random.NextDouble() + (float)_random.NextDouble() - 1.5f);

    private static byte ToByte(float value) => (byte)MathF.Round(255 * Math.Clamp(value, 0, 1));
}
