namespace Clamp.Losses.Images;

/// <summary>
/// How one axis of a picture is resized, antialiased as torchvision does: output s lies at first + (s + 1/2) length / size, input t at
/// t + 1/2, and weights fall to 0 over one input (bicubic: two), or over as many outputs where these are wider.
/// </summary>
internal sealed class ResamplingAxis
{
    // Weights that need no array while they are computed: a crop has two axes, and each of their outputs its own.
    private const int Few = 64;

    private readonly int[] _starts;
    private readonly float[][] _weights;

    /// <summary>Computes the weights.</summary>
    /// <param name="first">The first input that is used.</param>
    /// <param name="length">How many inputs are used, at least 1.</param>
    /// <param name="size">To how many outputs they are resized, at least 1.</param>
    /// <param name="skip">How many of the outputs are left out before the first.</param>
    /// <param name="count">How many outputs are made; <paramref name="skip"/> and they are at most <paramref name="size"/>.</param>
    /// <param name="reversed">Whether outputs run from the last input to the first.</param>
    /// <param name="interpolation">How weights fall.</param>
    public ResamplingAxis(
        int first, int length, int size, int skip, int count, bool reversed, Interpolation interpolation = Interpolation.Bilinear)
    {
        (_starts, _weights) = (new int[count], new float[count][]);
        double scale = (double)length / size;
        double unit = Math.Max(1, scale);
        Span<double> few = stackalloc double[Few];
        double reach = interpolation == Interpolation.Bicubic ? 2 * unit : unit;
        for (int i = 0; i < count; i++)
        {
            int output = reversed ? size - 1 - skip - i : skip + i;
            double centre = (output + 0.5) * scale;
            int start = Math.Max(0, (int)Math.Floor(centre - reach + 0.5));
            int end = Math.Min(length, (int)Math.Ceiling(centre + reach - 0.5));
            _starts[i] = first + start;
            _weights[i] = new float[end - start];
            Span<double> weights = _weights[i].Length <= Few ? few[.._weights[i].Length] : new double[_weights[i].Length];
            double sum = 0;
            for (int j = 0; j < weights.Length; j++)
            {
                weights[j] = Weight((start + j + 0.5 - centre) / unit, interpolation);
                sum += weights[j];
            }

            for (int j = 0; j < weights.Length; j++)
            {
                _weights[i][j] = (float)(weights[j] / sum);
            }
        }
    }

    /// <summary>The number of outputs.</summary>
    public int Count => _starts.Length;

    /// <summary>The first input that any output needs.</summary>
    public int First => _starts.Min();

    /// <summary>One more than the last input that any output needs.</summary>
    public int End => _starts.Zip(_weights, (start, weights) => start + weights.Length).Max();

    /// <summary>The first input of an output.</summary>
    /// <param name="output">The output.</param>
    public int Start(int output) => _starts[output];

    /// <summary>The weights of an output's inputs from <see cref="Start"/> on; their sum is 1.</summary>
    /// <param name="output">The output.</param>
    public ReadOnlySpan<float> Weights(int output) => _weights[output];

    private static double Weight(double distance, Interpolation interpolation)
    {
        double x = Math.Abs(distance);
        return interpolation == Interpolation.Bilinear ? Math.Max(0, 1 - x)
            : x < 1 ? (((1.5 * x) - 2.5) * x * x) + 1
            : x < 2 ? (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2
            : 0;
    }
}
