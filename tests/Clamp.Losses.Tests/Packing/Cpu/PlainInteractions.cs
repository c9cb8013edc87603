using Clamp.Losses.Packing;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cpu;

/// <summary>A strip of pairs in plain loops and double, from the centroids and radii that the kernel is given.</summary>
internal sealed class PlainInteractions
{
    private PlainInteractions(int images, int width)
    {
        Forces = new double[images, width];
        RadiusGradients = new double[images];
    }

    public double Energy { get; private set; }

    public int Contacts { get; private set; }

    /// <summary>dE/dc.</summary>
    public double[,] Forces { get; }

    /// <summary>dE/dr.</summary>
    public double[] RadiusGradients { get; }

    public static PlainInteractions Of(StepMemory memory, PairStrip strip, ClampLossOptions options)
    {
        var centroids = (double[,])memory.Centroids.to(float64).data<double>().ToNDArray();
        var radii = memory.Radii.to(float64).data<double>().ToArray();
        var result = new PlainInteractions(centroids.GetLength(0), centroids.GetLength(1));
        for (int i = strip.Row; i < strip.Row + strip.Rows; i++)
        {
            for (int j = strip.Column; j < strip.Column + strip.Columns; j++)
            {
                result.Interact(centroids, radii, i, j, j - strip.Column >= strip.Unmirrored, options);
            }
        }

        return result;
    }

    private void Interact(double[,] centroids, double[] radii, int i, int j, bool mirrored, ClampLossOptions options)
    {
        var squares = 1e-12;
        for (int d = 0; d < centroids.GetLength(1); d++)
        {
            squares += Math.Pow(centroids[i, d] - centroids[j, d], 2);
        }

        var distance = Math.Sqrt(squares);
        var free = radii[i] + radii[j] + 1e-6;
        var reach = Math.Min(free, options.MaxContactDistance);
        if (i == j || distance <= options.MinSeparation || distance >= reach)
        {
            return;
        }

        var overlap = 1 - distance / reach;
        var slope = options.RepulsionWeight * options.PotentialExponent * Math.Pow(overlap, options.PotentialExponent - 1) / reach;
        var radiusGradient = free < options.MaxContactDistance ? slope * distance / reach : 0;
        Contacts++;
        Energy += Math.Pow(overlap, options.PotentialExponent) * (mirrored ? 1 : 0.5);
        Push(centroids, i, j, slope / distance, radiusGradient);
        if (mirrored)
        {
            Push(centroids, j, i, slope / distance, radiusGradient);
        }
    }

    private void Push(double[,] centroids, int image, int other, double factor, double radiusGradient)
    {
        RadiusGradients[image] += radiusGradient;
        for (int d = 0; d < centroids.GetLength(1); d++)
        {
            Forces[image, d] += factor * (centroids[other, d] - centroids[image, d]);
        }
    }
}
