namespace Clamp.Losses.GpuCheck;

/// <summary>Loss and gradient in float64 and plain loops, every pair by the difference of its centroids.</summary>
internal sealed class ExactPacking
{
    private const double NormFloor = 1e-12;

    private readonly ClampLossOptions _options;
    private readonly int _views;
    private readonly int _images;
    private readonly int _width;
    private readonly double[] _points;
    private readonly double[] _norms;
    private readonly double[] _centroids;
    private readonly double[] _radii;
    private readonly double[] _centroidGradients;
    private readonly double[] _radiusGradients;

    private ExactPacking(double[] embeddings, (int Views, int Images, int Width) shape, ClampLossOptions options)
    {
        (_views, _images, _width) = shape;
        _options = options;
        _points = (double[])embeddings.Clone();
        _norms = new double[_views * _images];
        _centroids = new double[_images * _width];
        _radii = new double[_images];
        _centroidGradients = new double[_images * _width];
        _radiusGradients = new double[_images];
    }

    private int DegreesOfFreedom => Math.Min(_width, _views);

    /// <summary>The loss and its gradient.</summary>
    /// <param name="embeddings">z, [V, B, D], contiguous; not changed.</param>
    /// <param name="shape">V, B and D.</param>
    /// <param name="options">The loss.</param>
    public static (double Loss, double[] Gradient) Of(
        double[] embeddings, (int Views, int Images, int Width) shape, ClampLossOptions options)
    {
        var packing = new ExactPacking(embeddings, shape, options);
        packing.Centre(packing._points);
        packing.Normalise();
        packing.Measure();
        var energy = options.RepulsionWeight * packing.Repel() + options.SizeWeight * packing._radii.Sum();
        var (loss, slope) = options.LogEnergy ? (Math.Log(energy + 1e-6), 1 / (energy + 1e-6)) : (energy, 1);
        return (loss, packing.Gradient(slope));
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (int d = 0; d < a.Length; d++)
        {
            sum += a[d] * b[d];
        }

        return sum;
    }

    private static double SquaredDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (int d = 0; d < a.Length; d++)
        {
            sum += (a[d] - b[d]) * (a[d] - b[d]);
        }

        return sum;
    }

    private static void AddScaled(ReadOnlySpan<double> source, double factor, Span<double> target)
    {
        for (int d = 0; d < source.Length; d++)
        {
            target[d] += factor * source[d];
        }
    }

    private Span<double> Point(int view, int image) => _points.AsSpan((view * _images + image) * _width, _width);

    private Span<double> Centroid(int image) => _centroids.AsSpan(image * _width, _width);

    private void Centre(double[] rows)
    {
        for (int d = 0; d < _width; d++)
        {
            var sum = 0.0;
            for (int k = d; k < rows.Length; k += _width)
            {
                sum += rows[k];
            }

            for (int k = d; k < rows.Length; k += _width)
            {
                rows[k] -= sum / (_views * _images);
            }
        }
    }

    private void Normalise()
    {
        for (int row = 0; row < _norms.Length; row++)
        {
            var point = _points.AsSpan(row * _width, _width);
            _norms[row] = Math.Sqrt(Dot(point, point));
            foreach (ref var coordinate in point)
            {
                coordinate /= Math.Max(_norms[row], NormFloor);
            }
        }
    }

    private void Measure()
    {
        for (int i = 0; i < _images; i++)
        {
            var centroid = Centroid(i);
            for (int v = 0; v < _views; v++)
            {
                AddScaled(Point(v, i), 1.0 / _views, centroid);
            }

            var spread = 0.0;
            for (int v = 0; v < _views; v++)
            {
                spread += SquaredDistance(Point(v, i), centroid) / (_views - 1);
            }

            _radii[i] = _options.RadiusScale * Math.Sqrt(spread / DegreesOfFreedom + 1e-12);
        }
    }

    /// <summary>The sum of (1 - d/s)^alpha over all pairs; adds up the energy's gradients but for w_size.</summary>
    private double Repel()
    {
        var energy = 0.0;
        for (int i = 0; i < _images; i++)
        {
            for (int j = i + 1; j < _images; j++)
            {
                energy += Repel(i, j);
            }
        }

        return energy;
    }

    private double Repel(int i, int j)
    {
        var distance = Math.Sqrt(SquaredDistance(Centroid(i), Centroid(j)) + 1e-12);
        var sum = _radii[i] + _radii[j] + 1e-6;
        var reach = Math.Min(sum, _options.MaxContactDistance);
        if (distance <= _options.MinSeparation || distance >= reach)
        {
            return 0;
        }

        var overlap = 1 - distance / reach;
        var steepness = _options.RepulsionWeight * _options.PotentialExponent * Math.Pow(overlap, _options.PotentialExponent - 1);
        Pull(i, j, steepness / (reach * distance));
        if (sum < _options.MaxContactDistance)
        {
            _radiusGradients[i] += steepness * distance / (reach * reach);
            _radiusGradients[j] += steepness * distance / (reach * reach);
        }

        return Math.Pow(overlap, _options.PotentialExponent);
    }

    /// <summary>dE/dc_i = -A_ij (c_i - c_j), and the opposite for j.</summary>
    private void Pull(int i, int j, double strength)
    {
        for (int d = 0; d < _width; d++)
        {
            var force = strength * (_centroids[i * _width + d] - _centroids[j * _width + d]);
            _centroidGradients[i * _width + d] -= force;
            _centroidGradients[j * _width + d] += force;
        }
    }

    private double[] Gradient(double slope)
    {
        var gradient = new double[_points.Length];
        for (int v = 0; v < _views; v++)
        {
            for (int i = 0; i < _images; i++)
            {
                Project(v, i, slope, gradient.AsSpan((v * _images + i) * _width, _width));
            }
        }

        Centre(gradient);
        return gradient;
    }

    /// <summary>From dE/dc and dE/dr to the point on the unit sphere, and through it to the centred embedding.</summary>
    private void Project(int view, int image, double slope, Span<double> gradient)
    {
        var point = Point(view, image);
        var perDeviation = (_radiusGradients[image] + _options.SizeWeight) * _options.RadiusScale * _options.RadiusScale
            / (DegreesOfFreedom * (_views - 1) * _radii[image]);
        AddScaled(_centroidGradients.AsSpan(image * _width, _width), slope / _views, gradient);
        AddScaled(point, slope * perDeviation, gradient);
        AddScaled(Centroid(image), -slope * perDeviation, gradient);
        var norm = _norms[view * _images + image];
        if (norm > NormFloor)
        {
            AddScaled(point, -Dot(gradient, point), gradient);
        }

        foreach (ref var coordinate in gradient)
        {
            coordinate /= Math.Max(norm, NormFloor);
        }
    }
}
