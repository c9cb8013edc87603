using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>How often images of each class were taken for each class.</summary>
public sealed class ConfusionMatrix
{
    private readonly int[] _counts;

    private ConfusionMatrix(int[] counts, int classes) => (_counts, Classes) = (counts, classes);

    /// <summary>C, the number of classes.</summary>
    public int Classes { get; }

    /// <summary>How many images of a class were taken for another, or itself.</summary>
    /// <param name="label">The class, from 0 to C - 1.</param>
    /// <param name="prediction">What it was taken for, from 0 to C - 1.</param>
    public int this[int label, int prediction] => _counts[Index(label) * Classes + Index(prediction)];

    /// <summary>All images.</summary>
    public int Total => _counts.Sum();

    /// <summary>The images on the diagonal, as a share of all; from 0 to 1.</summary>
    public double Accuracy => Enumerable.Range(0, Classes).Sum(label => this[label, label]) / (double)Total;

    /// <summary>Counts.</summary>
    /// <param name="labels">[N], int64, from 0 to C - 1; N at least 1.</param>
    /// <param name="predictions">[N], int64, from 0 to C - 1.</param>
    /// <param name="classes">C, at least 1.</param>
    /// <returns>The matrix.</returns>
    /// <exception cref="ArgumentException">There are not as many predictions as labels, none, or one of no class.</exception>
    public static ConfusionMatrix Of(Tensor labels, Tensor predictions, int classes)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        long[] given = [.. labels.data<long>()], found = [.. predictions.data<long>()];
        if (given.Length == 0 || given.Length != found.Length)
            throw new ArgumentException($"{found.Length} predictions given for {given.Length} labels; allowed: as many, at least one.", nameof(predictions));
        if (given.Concat(found).Any(label => label < 0 || label >= classes))
            throw new ArgumentException($"A label or prediction is outside of 0 to {classes - 1}, the classes.", nameof(labels));

        var counts = new int[classes * classes];
        foreach (var (label, prediction) in given.Zip(found))
            counts[label * classes + prediction]++;
        return new ConfusionMatrix(counts, classes);
    }

    /// <summary>The images of a class.</summary>
    /// <param name="label">The class, from 0 to C - 1.</param>
    public int Count(int label) => Enumerable.Range(0, Classes).Sum(prediction => this[label, prediction]);

    private int Index(int index) => (uint)index < (uint)Classes
        ? index
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"A class is from 0 to {Classes - 1}.");
}
