using System.Buffers;
using System.Numerics;

namespace Clamp.Losses.Images;

/// <summary>The pixels of a picture of any size, from which squares are cut and resized. A decoder derives from it.</summary>
public abstract class DecodedImage : IDisposable
{
    private const int BytesPerPixel = 4;

    /// <summary>The height in pixels, at least 1.</summary>
    public abstract int Height { get; }

    /// <summary>The width in pixels, at least 1.</summary>
    public abstract int Width { get; }

    /// <summary>Scales the shorter side and cuts out the centre, as torchvision's <c>Resize</c> and <c>CenterCrop</c>.</summary>
    /// <param name="size">The height and width wanted.</param>
    /// <param name="planes">Receives the red, the green and the blue plane, each of size x size bytes, row by row.</param>
    /// <param name="centre">How it is scaled; null scales the shorter side to <paramref name="size"/>, bilinear.</param>
    public void CopyCentre(int size, Span<byte> planes, CentreCrop? centre = null)
    {
        centre ??= new CentreCrop();
        Resample(CentreAxis(Height, size, centre), CentreAxis(Width, size, centre), planes);
    }

    /// <summary>Resizes a box, as torchvision's <c>RandomResizedCrop</c>; no pixel beyond the box is read.</summary>
    /// <param name="box">A box inside the image.</param>
    /// <param name="flip">Whether left and right are swapped.</param>
    /// <param name="size">The height and width wanted.</param>
    /// <param name="planes">Receives the planes, as <see cref="CopyCentre"/>.</param>
    public void CopyCrop(CropBox box, bool flip, int size, Span<byte> planes) => Resample(
        new ResamplingAxis(box.Top, box.Height, size, skip: 0, size, reversed: false),
        new ResamplingAxis(box.Left, box.Width, size, skip: 0, size, flip),
        planes);

    /// <summary>Frees the pixels.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the pixels.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> was called, rather than a finalizer.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>The pixels of a row: four bytes each, red, green, blue, and one that is not read.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>At least 4 <see cref="Width"/> bytes.</returns>
    protected abstract ReadOnlySpan<byte> Row(int row);

    private ResamplingAxis CentreAxis(int length, int size, CentreCrop centre)
    {
        int scaled = (int)((long)Math.Max(size, centre.Resize) * length / Math.Min(Height, Width));
        int skip = (int)Math.Round((scaled - size) / 2.0);
        return new ResamplingAxis(0, length, scaled, skip, size, reversed: false, centre.Interpolation);
    }

    // Rows are narrowed first, and only those that some output needs; then columns are shortened.
    private void Resample(ResamplingAxis rows, ResamplingAxis columns, Span<byte> planes)
    {
        int firstRow = rows.First;
        int width = columns.Count;
        var narrowed = ArrayPool<Vector4>.Shared.Rent((rows.End - firstRow) * width);
        var wide = ArrayPool<Vector4>.Shared.Rent(Width);
        for (int row = firstRow; row < rows.End; row++)
        {
            Widen(row, columns.First, columns.End, wide);
            Narrow(wide, columns, narrowed.AsSpan((row - firstRow) * width, width));
        }

        for (int row = 0; row < rows.Count; row++)
        {
            Shorten(narrowed.AsSpan((rows.Start(row) - firstRow) * width), rows.Weights(row), planes[(row * width)..], width, rows.Count * width);
        }

        ArrayPool<Vector4>.Shared.Return(narrowed);
        ArrayPool<Vector4>.Shared.Return(wide);
    }

    private void Widen(int row, int first, int end, Vector4[] wide)
    {
        var pixels = Row(row);
        for (int column = first; column < end; column++)
        {
            var pixel = pixels.Slice(column * BytesPerPixel, BytesPerPixel);
            wide[column] = new Vector4(pixel[0], pixel[1], pixel[2], 0);
        }
    }

    private static void Narrow(ReadOnlySpan<Vector4> wide, ResamplingAxis columns, Span<Vector4> narrowed)
    {
        for (int column = 0; column < narrowed.Length; column++)
        {
            var weights = columns.Weights(column);
            var inputs = wide.Slice(columns.Start(column), weights.Length);
            var sum = Vector4.Zero;
            for (int i = 0; i < weights.Length; i++)
            {
                sum += weights[i] * inputs[i];
            }

            narrowed[column] = sum;
        }
    }

    private static void Shorten(ReadOnlySpan<Vector4> rows, ReadOnlySpan<float> weights, Span<byte> planes, int width, int planeBytes)
    {
        for (int column = 0; column < width; column++)
        {
            var sum = new Vector4(0.5f);
            for (int i = 0; i < weights.Length; i++)
            {
                sum += weights[i] * rows[(i * width) + column];
            }

            sum = Vector4.Clamp(sum, Vector4.Zero, new Vector4(byte.MaxValue));
            planes[column] = (byte)sum.X;
            planes[planeBytes + column] = (byte)sum.Y;
            planes[(2 * planeBytes) + column] = (byte)sum.Z;
        }
    }
}
