using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cpu;

/// <summary>Statistics and projected gradient in plain loops and double.</summary>
internal sealed class PlainPacking
{
    private readonly double[,,] _points;
    private readonly double[,] _norms;
    private readonly double _radiusScale;

    private PlainPacking(double[,,] points, double radiusScale)
    {
        _points = points;
        _radiusScale = radiusScale;
        _norms = new double[Views, Images];
        Centroids = new double[Images, Width];
        Radii = new double[Images];
    }

    /// <summary>c.</summary>
    public double[,] Centroids { get; }

    /// <summary>r.</summary>
    public double[] Radii { get; }

    private int Views => _points.GetLength(0);

    private int Images => _points.GetLength(1);

    private int Width => _points.GetLength(2);

    public static PlainPacking Of(Tensor embeddings, double radiusScale)
    {
        var packing = new PlainPacking((double[,,])embeddings.to(float64).data<double>().ToNDArray(), radiusScale);
        for (int d = 0; d < packing.Width; d++)
        {
            packing.Centre(d);
        }

        for (int i = 0; i < packing.Images; i++)
        {
            packing.Normalise(i);
            packing.Radii[i] = radiusScale * Math.Sqrt(packing.Spread(i) / Math.Min(packing.Width, packing.Views) + 1e-12);
        }

        return packing;
    }

    /// <summary>h, as the design writes it: dE/dp from dE/dc and dE/dr, then through the unit sphere.</summary>
    public Tensor Project(StepMemory memory, ClampLossOptions options)
    {
        var forces = (double[,])memory.CentroidForces.to(float64).data<double>().ToNDArray();
        var sums = memory.ContactSums.data<double>().ToArray();
        var radiusGradients = memory.RadiusGradients.data<double>().ToArray();
        var projected = new double[Views, Images, Width];
        for (int i = 0; i < Images; i++)
        {
            var perDeviation = (radiusGradients[i] + options.SizeWeight) * _radiusScale * _radiusScale
                / (Math.Min(Width, Views) * (Views - 1) * Radii[i]);
            for (int v = 0; v < Views; v++)
            {
                var gradient = new double[Width];
                for (int d = 0; d < Width; d++)
                {
                    gradient[d] = (forces[i, d] - sums[i] * Centroids[i, d]) / Views + perDeviation * (_points[v, i, d] - Centroids[i, d]);
                }

                Project(gradient, v, i, projected);
            }
        }

        return tensor(projected);
    }

    private void Project(double[] gradient, int v, int i, double[,,] projected)
    {
        var along = 0.0;
        for (int d = 0; d < Width; d++)
        {
            along += gradient[d] * _points[v, i, d];
        }

        for (int d = 0; d < Width; d++)
        {
            projected[v, i, d] = (gradient[d] - along * _points[v, i, d]) / _norms[v, i];
        }
    }

    private void Centre(int d)
    {
        var mean = 0.0;
        for (int v = 0; v < Views; v++)
        {
            for (int i = 0; i < Images; i++)
            {
                mean += _points[v, i, d] / ((double)Views * Images);
            }
        }

        for (int v = 0; v < Views; v++)
        {
            for (int i = 0; i < Images; i++)
            {
                _points[v, i, d] -= mean;
            }
        }
    }

    private void Normalise(int i)
    {
        for (int v = 0; v < Views; v++)
        {
            for (int d = 0; d < Width; d++)
            {
                _norms[v, i] += _points[v, i, d] * _points[v, i, d];
            }

            _norms[v, i] = Math.Sqrt(_norms[v, i]);
            for (int d = 0; d < Width; d++)
            {
                _points[v, i, d] /= _norms[v, i];
                Centroids[i, d] += _points[v, i, d] / Views;
            }
        }
    }

    private double Spread(int i)
    {
        var squares = 0.0;
        for (int v = 0; v < Views; v++)
        {
            for (int d = 0; d < Width; d++)
            {
                squares += Math.Pow(_points[v, i, d] - Centroids[i, d], 2);
            }
        }

        return squares / (Views - 1);
    }
}
