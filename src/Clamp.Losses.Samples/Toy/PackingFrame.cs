using System.Globalization;
using System.Numerics;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Toy;

/// <summary>The packing of one batch in three dimensions at one step.</summary>
/// <param name="Step">The steps of training before it.</param>
/// <param name="Loss">The loss of these views.</param>
/// <param name="MeanRadius">The mean of the radii.</param>
/// <param name="MeanContacts">The mean number of others that a sub-manifold overlaps.</param>
/// <param name="Views">For each image its views on the unit sphere.</param>
/// <param name="Centroids">For each image the mean of its views, inside the sphere.</param>
/// <param name="Radii">For each image its radius r in the loss.</param>
/// <param name="Contacts">The pairs of images i &lt; j that repel each other.</param>
public sealed record PackingFrame(
    int Step,
    double Loss,
    double MeanRadius,
    double MeanContacts,
    IReadOnlyList<IReadOnlyList<Vector3>> Views,
    IReadOnlyList<Vector3> Centroids,
    IReadOnlyList<double> Radii,
    IReadOnlyList<(int First, int Second)> Contacts)
{
    // The loss's own: two radii reach this much beyond their sum.
    private const double ReachMargin = 1e-6;

    internal string ContactsInWords => Contacts.Count == 1 ? "1 contact" : $"{Contacts.Count} contacts";

    /// <summary>Measures a batch.</summary>
    /// <param name="step">The steps before it.</param>
    /// <param name="embeddings">z, [V, B, 3].</param>
    /// <param name="options">The options of the loss.</param>
    /// <returns>What is to be drawn of it.</returns>
    /// <exception cref="ArgumentException">The embeddings have other than three dimensions.</exception>
    public static PackingFrame Of(int step, Tensor embeddings, ClampLossOptions options)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(options);
        if (embeddings.Dimensions != 3 || embeddings.shape[2] != 3)
        {
            throw new ArgumentException($"Embeddings of shape [{string.Join(", ", embeddings.shape)}] given; allowed: [V, B, 3].", nameof(embeddings));
        }

        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        using var criterion = new ClampLoss(options);
        using var packing = criterion.Measure(embeddings);
        var centred = embeddings.to(float64) - embeddings.to(float64).mean([0, 1]);
        var points = Vectors(nn.functional.normalize(centred, dim: -1).transpose(0, 1));
        var (views, radii) = ((int)embeddings.shape[0], packing.Radii.data<double>().ToArray());
        return new PackingFrame(
            step,
            criterion.call(embeddings).to(float64).item<double>(),
            packing.MeanRadius,
            packing.MeanContacts,
            [.. points.Chunk(views)],
            Vectors(packing.Centroids),
            radii,
            ContactsOf(packing.Centroids.data<double>().ToArray(), radii, options));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"step {Step}: loss {Loss:F2}, {ContactsInWords}, mean radius {MeanRadius:F2}");

    private static Vector3[] Vectors(Tensor coordinates) =>
        [.. coordinates.contiguous().data<double>().ToArray().Chunk(3).Select(at => new Vector3((float)at[0], (float)at[1], (float)at[2]))];

    private static List<(int First, int Second)> ContactsOf(double[] centroids, double[] radii, ClampLossOptions options)
    {
        var contacts = new List<(int First, int Second)>();
        for (var i = 0; i < radii.Length; i++)
        {
            for (var j = i + 1; j < radii.Length; j++)
            {
                var squared = Enumerable.Range(0, 3).Sum(k => Math.Pow(centroids[3 * i + k] - centroids[3 * j + k], 2));
                var (distance, reach) = (Math.Sqrt(squared + 1e-12), Math.Min(radii[i] + radii[j] + ReachMargin, options.MaxContactDistance));
                if (distance > options.MinSeparation && distance < reach)
                {
                    contacts.Add((i, j));
                }
            }
        }

        return contacts;
    }
}
