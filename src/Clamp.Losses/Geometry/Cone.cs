namespace Clamp.Losses.Geometry;

/// <summary>Projections onto the cone of all sums of points with factors of at least 0.</summary>
internal static class Cone
{
    private const double LeastGain = 1e-12;
    private const int MostSweeps = 20_000;

    /// <summary>
    /// The squared length of the projection of a vector, by coordinate descent on the factors f >= 0 of norm(sum of f_i x_i - t)^2: one after
    /// the other takes its best value.
    /// </summary>
    /// <param name="products">x_i . x_j, [n, n].</param>
    /// <param name="along">x_i . t, [n].</param>
    public static double SquaredProjection(ReadOnlySpan<double> products, ReadOnlySpan<double> along)
    {
        var count = along.Length;
        var factors = new double[count];
        var slopes = along.ToArray();
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            var gained = 0.0;
            for (int i = 0; i < count; i++)
            {
                var row = products.Slice(i * count, count);
                var change = row[i] == 0 ? 0 : Math.Max(-factors[i], slopes[i] / row[i]);
                if (change == 0)
                {
                    continue;
                }

                factors[i] += change;
                gained += change * change * row[i];
                for (int j = 0; j < count; j++)
                {
                    slopes[j] -= change * row[j];
                }
            }

            if (gained <= LeastGain * count)
            {
                break;
            }
        }

        var length = 0.0;
        for (int i = 0; i < count; i++)
        {
            length += factors[i] * along[i];
        }

        return length;
    }
}
