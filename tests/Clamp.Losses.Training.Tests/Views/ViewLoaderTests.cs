using Clamp.Losses.Images.Skia;
using SkiaSharp;

namespace Clamp.Losses.Training.Tests;

public sealed class ViewLoaderTests : IDisposable
{
    private const int Size = 16;
    private const int Views = 3;

    private static readonly AugmentationOptions Everything = new() { BlurProbability = 0.5, SolarizeProbability = 0.3 };

    private readonly TemporaryFolder _folder = new();
    private readonly MultiViewAugmentation _augmentation = new(Everything, seed: 4);

    public void Dispose() => _folder.Dispose();

    /// <summary>Twelve square pictures of the views' size, so that the whole picture is what memory holds.</summary>
    private ImageSource Folder(bool stream)
    {
        foreach (string split in new[] { "train", "test" })
        {
            for (int i = 0; i < 12; i++)
            {
                using var bitmap = new SKBitmap(new SKImageInfo(Size, Size, SKColorType.Rgba8888, SKAlphaType.Opaque));
                for (int pixel = 0; pixel < Size * Size; pixel++)
                    bitmap.SetPixel(pixel % Size, pixel / Size, new SKColor((byte)(pixel * i), (byte)(pixel * 3), (byte)(i * 20)));
                using FileStream stream2 = File.Create(_folder.PathOf(split, "cat", $"{i:D2}.png"));
                bitmap.Encode(stream2, SKEncodedImageFormat.Png, 100);
            }
        }

        return ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = Size, Stream = stream }).Train;
    }

    private ViewLoader Loader(ImageSource images) => new(images, _augmentation, Views, torch.CPU);

    private static float[] Values(Func<torch.Tensor> makeViews)
    {
        using var views = makeViews();
        return views.Values();
    }

    private List<float[]> Load(ImageSource images, params int[][] batches)
    {
        var all = new List<float[]>();
        foreach (var (batch, makeViews) in batches.Zip(Loader(images).Load(batches, epoch: 2)))
        {
            using var scope = torch.NewDisposeScope();
            var views = makeViews();
            views.shape.Should().Equal(Views, batch.Length, 3, Size, Size);
            all.Add(views.Values());
        }

        return all;
    }

    [Fact]
    public void Load_ImagesInMemory_GivesTheViewsOfTheAugmentation()
    {
        var images = ShapesGenerator.Generate(8, Size, seed: 0);
        using var pixels = images.Pixels([5, 2]);
        using var expected = _augmentation.Views(pixels, [5, 2], epoch: 2, Views, Size);

        var views = Load(images, [5, 2]);

        views.Should().ContainSingle().Which.Should().Equal(expected.Values());
    }

    [Fact]
    public void Load_StreamedFiles_GivesTheViewsOfMemoryUpToRoundedCrops()
    {
        int[][] batches = [[3, 1, 7], [0, 11], [5, 2, 9, 4]];
        var inMemory = Load(Folder(stream: false), batches);

        var streamed = Load(Folder(stream: true), batches);

        // A crop's value is rounded by up to half a level, which contrast and saturation can raise to a few; a value that
        // crosses solarization's threshold inverts, but next to the threshold.
        for (int i = 0; i < batches.Length; i++)
            streamed[i].Zip(inMemory[i], (a, b) => Math.Abs(a - b)).Should().OnlyContain(difference => difference < 4 * 4.0f / 255);
    }

    [Fact]
    public void Load_StreamedFiles_DoNotDependOnTheBatch()
    {
        var images = Folder(stream: true);

        float[] alone = Load(images, [7])[0];
        float[] together = Load(images, [3, 7])[0];

        int imageFloats = 3 * Size * Size;
        for (int view = 0; view < Views; view++)
        {
            together[(((view * 2) + 1) * imageFloats)..(((view * 2) + 2) * imageFloats)]
                .Zip(alone[(view * imageFloats)..((view + 1) * imageFloats)], (a, b) => Math.Abs(a - b))
                .Should().OnlyContain(difference => difference < 1e-5, "batched kernels may round otherwise");
        }
    }

    [Fact]
    public void Load_StreamedFilesAgain_RepeatsThemExactly()
    {
        var images = Folder(stream: true);
        int[][] batches = [[3, 1, 7], [0, 11], [5, 2, 9, 4]];

        Load(images, batches).SelectMany(views => views).Should().Equal(Load(images, batches).SelectMany(views => views));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_Views_AreTheOnlyTensorsLeft(bool stream)
    {
        var images = Folder(stream);
        var before = LiveTensors.Count;
        var buffers = stream ? 2 : 0;

        foreach (var batch in Loader(images).Load([[3, 1, 7], [0, 11]], epoch: 0))
        {
            using var views = batch();
            LiveTensors.Count.Should().Be(before + buffers + 1);
        }

        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void Load_BrokenFile_FailsWhereItsViewsAreAskedFor()
    {
        var images = Folder(stream: true);
        string broken = _folder.PathOf("train", "cat", "05.png");
        File.WriteAllText(broken, "no image");
        using var batches = Loader(images).Load([[1, 2], [5, 6], [3, 4]], epoch: 0).GetEnumerator();
        batches.MoveNext();
        batches.Current().Dispose();
        batches.MoveNext();

        var act = () => batches.Current();

        act.Should().Throw<InvalidDataException>().WithMessage($"'{broken}' cannot be decoded*");
    }

    [Fact]
    public void Load_BrokenFile_FreesTheBuffers()
    {
        var images = Folder(stream: true);
        File.WriteAllText(_folder.PathOf("train", "cat", "05.png"), "no image");
        var before = LiveTensors.Count;

        var act = () => Load(images, [1, 2], [5, 6], [3, 4], [7, 8]);

        act.Should().Throw<InvalidDataException>();
        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void Load_BrokenFileThatIsPassedOver_LeavesTheOtherBatchesAsTheyWere()
    {
        var images = Folder(stream: true);
        int[][] batches = [[1, 2], [5, 6], [3, 4], [7, 8], [9, 10]];
        var expected = Load(images, batches);
        File.WriteAllText(_folder.PathOf("train", "cat", "05.png"), "no image");

        var views = Loader(images).Load(batches, epoch: 2).Select((makeViews, i) => i == 1 ? [] : Values(makeViews)).ToList();

        foreach (var i in new[] { 0, 2, 3, 4 })
            views[i].Should().Equal(expected[i]);
    }

    [Fact]
    public void Load_BatchCalledForAfterTheNext_Throws()
    {
        using var batches = Loader(Folder(stream: true)).Load([[1, 2], [3, 4]], epoch: 0).GetEnumerator();
        batches.MoveNext();
        var first = batches.Current;
        batches.MoveNext();

        first.Invoking(make => make()).Should().Throw<InvalidOperationException>().WithMessage("*after the next one*");
    }

    [Fact]
    public void Load_BatchNobodyCallsFor_IsCroppedNoMoreWhenItsBufferIsReused()
    {
        var open = 0;
        var files = new FileImages(["first", "second"], Size, path => new SlowImage(path == "first" ? 20 : 0, ref open, () => Interlocked.Decrement(ref open)));
        using var batches = new ViewLoader(files, _augmentation, Views, torch.CPU, ahead: 0).Load([[0], [1]], epoch: 0).GetEnumerator();
        batches.MoveNext();
        SpinWait.SpinUntil(() => Volatile.Read(ref open) == 1, TimeSpan.FromSeconds(10)).Should().BeTrue();

        batches.MoveNext();

        batches.Current();
        Volatile.Read(ref open).Should().Be(0);
    }

    [Fact]
    public void Load_LeftEarly_FreesTheBuffers()
    {
        var images = Folder(stream: true);
        var before = LiveTensors.Count;

        foreach (var batch in Loader(images).Load([[0], [1], [2], [3]], epoch: 0))
            break;

        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void Load_LeftEarly_TouchesNoFileAfterwards()
    {
        var images = Folder(stream: true);
        foreach (var batch in Loader(images).Load([[0], [1], [2], [3]], epoch: 0))
            break;

        var act = () => Directory.Delete(Path.Combine(_folder.Root.FullName, "train"), recursive: true);

        act.Should().NotThrow();
    }

    private sealed class SlowImage : DecodedImage
    {
        private static readonly byte[] Pixels = new byte[4 * Size];
        private readonly int _milliseconds;
        private readonly Action _closed;

        public SlowImage(int milliseconds, ref int open, Action closed)
        {
            (_milliseconds, _closed) = (milliseconds, closed);
            Interlocked.Increment(ref open);
        }

        public override int Height => Size;

        public override int Width => Size;

        protected override ReadOnlySpan<byte> Row(int row)
        {
            Thread.Sleep(_milliseconds);
            return Pixels;
        }

        protected override void Dispose(bool disposing) => _closed();
    }
}
