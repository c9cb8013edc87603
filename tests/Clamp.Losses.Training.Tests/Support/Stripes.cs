namespace Clamp.Losses.Training.Tests;

/// <summary>A picture of coloured stripes that no file is read for and nothing is allocated for but itself.</summary>
/// <param name="number">Which: no two are alike.</param>
internal sealed class Stripes(int number) : DecodedImage
{
    private static readonly byte[][] Rows = [.. Enumerable.Range(0, 64).Select(RowOf)];

    public override int Height => 32;

    public override int Width => 24;

    protected override ReadOnlySpan<byte> Row(int row) => Rows[(row + number) % Rows.Length];

    protected override void Dispose(bool disposing)
    {
    }

    private static byte[] RowOf(int row) => [.. Enumerable.Range(0, 24 * 4).Select(i => (byte)((i * 37) + (row * row * 11)))];
}
