using CsCheck;

namespace Clamp.Losses.Training.Tests;

/// <summary>Random embeddings for properties: with many exact ties and some of length 0, and without.</summary>
internal static class EmbeddingSets
{
    /// <summary>Small whole numbers in few dimensions.</summary>
    public static readonly Gen<float[][]> Tied =
        from width in Gen.Int[1, 4]
        from rows in Gen.Int[-2, 2].Select(value => (float)value).Array[width].Array[1, 90]
        select rows;

    /// <summary>Numbers of any size, between which no embedding is the same.</summary>
    public static readonly Gen<float[][]> Spread =
        from width in Gen.Int[2, 70]
        from scale in Gen.OneOfConst(1e-30f, 1f, 1e25f)
        from rows in Gen.Float[-1, 1].Select(value => value * scale).Array[width].Array[1, 90]
        select rows;

    public static readonly Gen<float[][]> Any = Gen.OneOf(Tied, Spread);

    /// <summary>More rows than a block has columns, of whole numbers, so that thousands are equal.</summary>
    public static float[][] Large(int count, int width, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, width).Select(_ => (float)random.Next(-3, 4)).ToArray())];
    }
}
