using System.Globalization;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Which training images are labelled: a share or those of a list, one of which is null.</summary>
internal sealed record LabelChoice(double? Fraction, string? List)
{
    /// <summary>What a folder of the result is called after.</summary>
    public string Name => Fraction?.ToString(CultureInfo.InvariantCulture) ?? Path.GetFileNameWithoutExtension(List)!;

    /// <summary>The positions of the labelled images.</summary>
    public int[] Of(ImageSource images, int seed) =>
        Fraction is { } share ? LabelledSubset.Draw(images, share, seed) : LabelList.Read(List!, images);
}
