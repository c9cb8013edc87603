using System.Numerics;

namespace Clamp.Losses.Samples.Data;

/// <summary>A random picture of one shape: clutter in front, the shape, more clutter, and a textured background.</summary>
internal sealed class ShapeScene
{
    // Samples a pixel side: edges of shapes and textures are smoothed by averaging 3 x 3 points of each pixel.
    private const int SamplesPerSide = 3;

    // Tuned so that a linear readout of random convolutions is right for about half of the images at 32 pixels, while a
    // small trained network learns the outlines: more rotation, texture or displacement soon makes both fail.
    private const float MaxGrain = 0.04f;
    private const float MinRadius = 0.32f;
    private const float MaxRadius = 0.44f;
    private const float MaxDisplacement = 0.7f;
    private const float MaxAngle = MathF.PI / 6;
    private const float MinContrast = 0.4f;
    private const float MaxContrast = 0.8f;

    private readonly List<ShapeLayer> _layers = [];
    private readonly ShapeTexture _background;
    private readonly KeyedRandom _random;
    private readonly float _grain;

    /// <summary>Composes a picture; everything but the outline of the shape is random.</summary>
    /// <param name="outline">The outline of the shape.</param>
    /// <param name="random">The source of random numbers, which the scene keeps for itself.</param>
    public ShapeScene(ShapeOutline outline, KeyedRandom random)
    {
        _random = random;
        Vector3 backgroundColour = new(random.Unit(), random.Unit(), random.Unit());
        _background = new ShapeTexture(random, backgroundColour);
        _grain = random.Between(0, MaxGrain);

        AddClutter(random.Below(2), 0.04f, 0.08f);
        AddShape(outline, backgroundColour);
        AddClutter(1 + random.Below(3), 0.05f, 0.12f);
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

    private void AddShape(ShapeOutline outline, Vector3 backgroundColour)
    {
        float radius = _random.Between(MinRadius, MaxRadius);
        float reach = MaxDisplacement * (0.5f - radius);
        var centre = new Vector2(0.5f + _random.Between(-reach, reach), 0.5f + _random.Between(-reach, reach));
        float angle = _random.Between(-MaxAngle, MaxAngle);
        Vector3 colour = ColourAtDistance(backgroundColour, _random.Between(MinContrast, MaxContrast));
        _layers.Add(new ShapeLayer(outline, centre, radius, angle, new ShapeTexture(_random, colour)));
    }

    private void AddClutter(int count, float minRadius, float maxRadius)
    {
        for (int i = 0; i < count; i++)
        {
            ShapeOutline outline = ShapeOutline.Clutter[_random.Below(ShapeOutline.Clutter.Count)];
            var centre = new Vector2(_random.Unit(), _random.Unit());
            var texture = new ShapeTexture(_random, new(_random.Unit(), _random.Unit(), _random.Unit()));
            float radius = _random.Between(minRadius, maxRadius);
            _layers.Add(new ShapeLayer(outline, centre, radius, _random.Between(0, MathF.Tau), texture));
        }
    }

    // The farthest corner of the colour cube is at least 0.86 away, so that a direction is found before long.
    private Vector3 ColourAtDistance(Vector3 other, float distance)
    {
        while (true)
        {
            Vector3 colour = other + distance * ShapeTexture.RandomDirection(_random);
            if (colour == Vector3.Clamp(colour, Vector3.Zero, Vector3.One))
                return colour;
        }
    }

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

    private float GrainOfPlane() => 2 * (_random.Unit() + _random.Unit() + _random.Unit() - 1.5f);

    private static byte ToByte(float value) => (byte)MathF.Round(255 * Math.Clamp(value, 0, 1));
}
