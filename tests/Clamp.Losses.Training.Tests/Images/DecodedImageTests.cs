using System.Buffers.Binary;
using Clamp.Losses.Images.Skia;
using SkiaSharp;

namespace Clamp.Losses.Training.Tests;

public sealed class DecodedImageTests : IDisposable
{
    // Rounding to a byte moves a value by half a level, and float32 can push it over an edge.
    private const double HalfLevel = 0.501 / 255;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private DecodedImage Read(torch.Tensor image)
    {
        var (height, width) = ((int)image.shape[2], (int)image.shape[3]);
        var bytes = image.data<byte>().ToArray();
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int i = 0; i < height * width; i++)
        {
            var colour = new SKColor(bytes[i], bytes[(height * width) + i], bytes[(2 * height * width) + i]);
            bitmap.SetPixel(i % width, i / width, colour);
        }

        string path = _folder.PathOf("image.png");
        using (FileStream stream = File.Create(path))
            bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
        return SkiaImage.Read(path);
    }

    [Theory]
    [InlineData(0, 0, 40, 30, 16, false)]
    [InlineData(3, 5, 20, 24, 16, true)]
    [InlineData(30, 1, 5, 7, 16, false)]
    [InlineData(39, 29, 1, 1, 4, true)]
    [InlineData(4, 4, 12, 12, 12, true)]
    public void CopyCrop_AnyBox_IsTheBatchedCropRounded(int top, int left, int height, int width, int size, bool flip)
    {
        using var scope = torch.NewDisposeScope();
        var pixels = TestImages.Bytes(1, 40, 30);
        var box = new CropBox(top, left, height, width);
        var expected = ResizedCrop.Apply(pixels.to(torch.float32).div(255), [new ViewParameters { Crop = box, Flip = flip }], size);
        using var image = Read(pixels);
        var planes = new byte[3 * size * size];

        image.CopyCrop(box, flip, size, planes);

        torch.tensor(planes).reshape(1, 3, size, size).to(torch.float32).div(255).LargestDifference(expected).Should().BeLessThan(HalfLevel);
    }

    // Made by torchvision 0.14: the green plane of center_crop(resize(x, 4, antialias=True), 4).
    [Theory]
    [InlineData(9, 13, "58.43, 116.45, 147.27, 118.55, 87.19, 149.70, 122.08, 124.27, 119.74, 163.99, 121.13, 127.34, 148.50, 149.37, 135.40, 138.10")]
    [InlineData(14, 6, "79.39, 109.36, 159.95, 161.90, 98.98, 135.75, 193.34, 108.44, 117.69, 160.94, 182.56, 98.81, 136.39, 179.48, 138.48, 89.18")]
    [InlineData(3, 5, "40.75, 50.75, 67.42, 90.75, 49.03, 60.59, 78.82, 103.72, 58.97, 72.41, 92.51, 119.28, 67.25, 82.25, 103.92, 132.25")]
    public void CopyCentre_AnyImage_IsTorchvisionsResizeAndCentreCrop(int height, int width, string green)
    {
        var values = from c in Enumerable.Range(0, 3)
                     from y in Enumerable.Range(0, height)
                     from x in Enumerable.Range(0, width)
                     select (byte)((37 * c) + (11 * y) + (5 * x * x) + (3 * x * y));
        using var pixels = torch.tensor([.. values], torch.uint8).reshape(1, 3, height, width);
        using var image = Read(pixels);
        var planes = new byte[3 * 4 * 4];

        image.CopyCentre(4, planes);

        var expected = green.Split(", ").Select(value => double.Parse(value));
        planes[16..32].Zip(expected, (a, b) => Math.Abs(a - b)).Should().OnlyContain(difference => difference < 0.51);
    }

    [Theory]
    [InlineData(24, Interpolation.Bilinear)]
    [InlineData(24, Interpolation.Bicubic)]
    [InlineData(50, Interpolation.Bicubic)]
    public void CopyCentre_OfACentreCrop_IsTheCentreOfThePictureResizedByTorch(int resize, Interpolation interpolation)
    {
        using var scope = torch.NewDisposeScope();
        var pixels = TestImages.Bytes(1, 30, 40);
        var wide = resize * 40 / 30;
        var mode = interpolation == Interpolation.Bicubic ? torch.InterpolationMode.Bicubic : torch.InterpolationMode.Bilinear;
        var resized = torch.nn.functional.interpolate(pixels.to(torch.float32), [resize, wide], mode: mode, align_corners: false, antialias: true);
        var (top, left) = ((resize - 16) / 2, (int)Math.Round((wide - 16) / 2.0));
        var expected = resized[.., .., top..(top + 16), left..(left + 16)].clamp(0, 255).div(255);
        using var image = Read(pixels);
        var planes = new byte[3 * 16 * 16];

        image.CopyCentre(16, planes, new CentreCrop(resize, interpolation));

        torch.tensor(planes).reshape(1, 3, 16, 16).to(torch.float32).div(255).LargestDifference(expected).Should().BeLessThan(HalfLevel);
    }

    [Fact]
    public void Read_MorePixelsThanAnyPhotograph_IsRefused()
    {
        string path = _folder.PathOf("bomb.png");
        using (var bitmap = new SKBitmap(2, 2))
        using (FileStream stream = File.Create(path))
            bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
        byte[] png = File.ReadAllBytes(path);

        // The width, in the header's bytes 16 to 19, becomes 131,072; the header's sum has to follow.
        (png[16], png[17], png[18], png[19]) = (0, 2, 0, 0);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32(png.AsSpan(12, 17)));
        File.WriteAllBytes(path, png);

        Action act = () => SkiaImage.Read(path);

        act.Should().Throw<InvalidDataException>().WithMessage($"'{path}' cannot be decoded (131072 x 2 pixels*");
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(crc & 1));
        }

        return ~crc;
    }
}
