using System.Numerics;
using Clamp.Losses.Samples.Pages;
using Clamp.Losses.Samples.Pictures;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Toy;

/// <summary>Writes the toy as one page that needs no network: the sphere to turn, the steps to play, and curves.</summary>
public static class PackingPage
{
    private const int MostFrames = 101;

    /// <summary>Writes the page.</summary>
    /// <param name="dataset">What the images are, in words.</param>
    /// <param name="images">The images, at most ten.</param>
    /// <param name="frames">The packing before every step and after the last, at least one; of many the page holds 101.</param>
    /// <param name="camera">The rotation into view coordinates that the page begins with.</param>
    /// <returns>The page.</returns>
    public static string Html(string dataset, ImageSource images, IReadOnlyList<PackingFrame> frames, Matrix4x4 camera)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(frames);
        var data = new
        {
            Dataset = dataset,
            Views = frames[0].Views[0].Count,
            Camera = Rows(camera),
            Images = Enumerable.Range(0, images.Count).Select(i => Described(images, i)),
            Frames = Thinned(frames).Select(Described),
        };

        return PageTemplate.Filled("toy.html", data);
    }

    private static IEnumerable<PackingFrame> Thinned(IReadOnlyList<PackingFrame> frames)
    {
        var kept = Math.Min(frames.Count, MostFrames);
        return Enumerable.Range(0, kept).Select(i => frames[(int)((long)i * (frames.Count - 1) / Math.Max(1, kept - 1))]);
    }

    private static object Described(ImageSource images, int index)
    {
        using var pixels = images.Pixels([index]);
        using var only = pixels.squeeze(0);
        return new
        {
            Name = images.ClassNames[images.Labels[index]],
            Colour = $"#{ToyColours.All[index]:x6}",
            Picture = Thumbnails.Address(only),
        };
    }

    private static object Described(PackingFrame frame) => new
    {
        frame.Step,
        Loss = Math.Round(frame.Loss, 4),
        Radius = Math.Round(frame.MeanRadius, 4),
        MeanContacts = Math.Round(frame.MeanContacts, 4),
        Centroids = frame.Centroids.Select(at => new[] { Rounded(at.X), Rounded(at.Y), Rounded(at.Z) }),
        Radii = frame.Radii.Select(radius => Math.Round(radius, 4)),
        Contacts = frame.Contacts.Select(pair => new[] { pair.First, pair.Second }),

        // Of one view all images, then of the next; in thousandths, which are shorter than fractions.
        Points = Enumerable.Range(0, frame.Views[0].Count).SelectMany(v => frame.Views.SelectMany(views => Thousandths(views[v]))),
    };

    private static int[] Thousandths(Vector3 point) => [.. new[] { point.X, point.Y, point.Z }.Select(x => (int)MathF.Round(x * 1000))];

    private static double Rounded(float value) => Math.Round((double)value, 4);

    // Vectors are rows to System.Numerics and columns to the page.
    private static double[] Rows(Matrix4x4 m) =>
        [.. new[] { m.M11, m.M21, m.M31, m.M12, m.M22, m.M32, m.M13, m.M23, m.M33 }.Select(Rounded)];
}
