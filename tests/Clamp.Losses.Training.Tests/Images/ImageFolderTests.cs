using Clamp.Losses.Images.Skia;
using SkiaSharp;

namespace Clamp.Losses.Training.Tests;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private void Draw(string path, int width, int height, Func<int, int, SKColor> colourAt,
        SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                bitmap.SetPixel(x, y, colourAt(x, y));
        using FileStream stream = File.Create(_folder.PathOf(path.Split('/')));
        bitmap.Encode(stream, format, 95);
    }

    private void DrawGrey(string path, byte level) => Draw(path, 4, 4, (_, _) => new SKColor(level, level, level));

    private void DrawOneOfEachClass(params string[] splits)
    {
        foreach (string split in splits)
        {
            DrawGrey($"{split}/cat/one.png", 10);
            DrawGrey($"{split}/dog/one.png", 20);
        }
    }

    private void WriteEmptyTrainImages(int count)
    {
        for (int i = 0; i < count; i++)
            File.WriteAllBytes(_folder.PathOf("train", "cat", $"{i}.jpg"), []);
    }

    private byte[] LoadOnlyTrainImage(int imageSize)
    {
        DrawGrey("test/cat/one.png", 0);
        using torch.Tensor pixels = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = imageSize }).Train.Pixels([0]);
        return pixels.data<byte>().ToArray();
    }

    private static byte[] FirstByteOfEach(ImageSource images)
    {
        using torch.Tensor pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        return pixels[torch.TensorIndex.Colon, 0, 0, 0].data<byte>().ToArray();
    }

    [Fact]
    public void Load_Folders_BecomeClassesInOrdinalOrder()
    {
        foreach (string split in new[] { "train", "test" })
            foreach (string name in new[] { "b", "a", "C" })
                DrawGrey($"{split}/{name}/one.png", (byte)name[0]);

        ImageSource train = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Train;

        train.ClassNames.Should().Equal("C", "a", "b");
        train.Labels.Should().Equal(0, 1, 2);
        FirstByteOfEach(train).Should().Equal((byte)'C', (byte)'a', (byte)'b');
    }

    [Fact]
    public void Load_Files_AreInOrdinalOrder()
    {
        DrawOneOfEachClass("test");
        DrawGrey("train/dog/one.png", 20);
        for (byte i = 0; i < 100; i++)
            DrawGrey($"train/cat/{i:D3}.png", i);

        ImageSource train = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Train;

        FirstByteOfEach(train).Should().Equal([.. Enumerable.Range(0, 100).Select(i => (byte)i), 20]);
    }

    [Fact]
    public void Load_JpegAndUpperCaseExtensions_AreReadAndOtherFilesIgnored()
    {
        DrawOneOfEachClass("test", "train");
        Draw("train/cat/a.JPG", 4, 4, (_, _) => new SKColor(100, 100, 100), SKEncodedImageFormat.Jpeg);
        Draw("train/cat/b.jpeg", 4, 4, (_, _) => new SKColor(200, 200, 200), SKEncodedImageFormat.Jpeg);
        File.WriteAllText(_folder.PathOf("train", "cat", "notes.txt"), "not an image");

        ImageSource train = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Train;

        FirstByteOfEach(train).Should().Equal(100, 200, 10, 20);
    }

    [Fact]
    public void Load_ImageOfTheWantedSize_KeepsEveryPixelInPlanarOrder()
    {
        Draw("train/cat/one.png", 2, 2, (x, y) => new SKColor((byte)(10 + x + 2 * y), (byte)(50 + x + 2 * y), (byte)(90 + x + 2 * y)));

        LoadOnlyTrainImage(2).Should().Equal(10, 11, 12, 13, 50, 51, 52, 53, 90, 91, 92, 93);
    }

    [Fact]
    public void Load_WideImage_KeepsTheCentre()
    {
        Draw("train/cat/one.png", 12, 4, (x, _) => x is >= 4 and < 8 ? SKColors.White : SKColors.Black);

        LoadOnlyTrainImage(4).Should().OnlyContain(value => value == 255);
    }

    [Fact]
    public void Load_TallImage_KeepsTheCentre()
    {
        Draw("train/cat/one.png", 4, 12, (_, y) => y is >= 4 and < 8 ? SKColors.White : SKColors.Black);

        LoadOnlyTrainImage(4).Should().OnlyContain(value => value == 255);
    }

    [Fact]
    public void Load_LargeImage_IsAveragedInsteadOfAliased()
    {
        Draw("train/cat/one.png", 256, 256, (x, y) => (x + y) % 2 == 0 ? SKColors.White : SKColors.Black);

        LoadOnlyTrainImage(16).Should().OnlyContain(value => value >= 126 && value <= 129);
    }

    [Fact]
    public void Load_SmallImage_IsEnlarged()
    {
        Draw("train/cat/one.png", 2, 2, (x, _) => x == 0 ? SKColors.Black : SKColors.White);

        byte[] row = LoadOnlyTrainImage(8)[..8];

        row.Should().BeInAscendingOrder();
        row[0].Should().BeLessThan(20);
        row[7].Should().BeGreaterThan(235);
    }

    [Fact]
    public void Load_TransparentPixels_BecomeBlack()
    {
        Draw("train/cat/one.png", 2, 2, (_, _) => new SKColor(255, 255, 255, 0));

        LoadOnlyTrainImage(2).Should().OnlyContain(value => value == 0);
    }

    [Theory]
    [InlineData("val")]
    [InlineData("validation")]
    public void Load_NoTestFolder_TakesValidation(string name)
    {
        DrawOneOfEachClass("train", name);

        ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Test!.Count.Should().Be(2);
    }

    [Fact]
    public void Load_TestAndValidation_PrefersTest()
    {
        DrawOneOfEachClass("train", "validation", "test");
        DrawGrey("test/cat/two.png", 30);

        ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Test!.Count.Should().Be(3);
    }

    [Fact]
    public void Load_Limits_TakeAsManyOfEachClass()
    {
        DrawOneOfEachClass("train", "test");
        for (byte i = 0; i < 10; i++)
            DrawGrey($"train/cat/more{i}.png", i);

        ImageSplits splits = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4, TrainLimit = 2, TestLimit = 1, Seed = 3 });

        splits.Train.Labels.Should().Equal(0, 1);
        splits.Test!.Count.Should().Be(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_AnyFolder_TakesTheImagesBelowItWithoutLabels(bool stream)
    {
        foreach (var (path, level) in new[] { ("z.png", 3), ("2023/summer/beach/a.png", 1), ("2024/b.PNG", 2), (".thumbnails/c.png", 9), ("2024/._b.png", 9) })
            DrawGrey(path, (byte)level);

        var (train, test) = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4, Stream = stream });

        FirstByteOfEach(train).Should().Equal([1, 2, 3], "these are in the order of their paths, and hidden files are none of them");
        train.HasLabels.Should().BeFalse();
        test.Should().BeNull();
    }

    [Fact]
    public void Load_ImagesBesideTheClassFoldersOfTrain_AreTakenWithAllOthersWithoutLabels()
    {
        DrawOneOfEachClass("train", "test");
        DrawGrey("train/loose.png", 30);

        var (train, test) = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        FirstByteOfEach(train).Should().Equal(10, 20, 30);
        (train.HasLabels, test).Should().Be((false, null));
    }

    [Fact]
    public void Load_FoldersInAClassFolder_AreSearched()
    {
        DrawOneOfEachClass("train", "test");
        DrawGrey("train/cat/deep/er/two.png", 11);

        var train = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Train;

        train.Labels.Should().Equal(0, 0, 1);
        FirstByteOfEach(train).Should().Equal(11, 10, 20);
    }

    [Fact]
    public void Load_LinksToFolders_AreFollowedAsClassesAloneForBelowTheyMayLeadBack()
    {
        DrawOneOfEachClass("train");
        Directory.CreateSymbolicLink(_folder.PathOf("train", "eel"), _folder.PathOf("train", "cat"));
        Directory.CreateSymbolicLink(_folder.PathOf("train", "cat", "back"), _folder.PathOf("train"));

        ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Train.Labels.Should().Equal(0, 1, 2);
    }

    [Fact]
    public void Load_NoTestOrValidationFolder_HasLabelsAndNoTestPart()
    {
        DrawOneOfEachClass("train");

        var (train, test) = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        train.Labels.Should().Equal(0, 1);
        test.Should().BeNull();
    }

    [Fact]
    public void Load_FolderWithoutImages_SaysWhatIsExpected()
    {
        File.WriteAllText(_folder.PathOf("notes.txt"), "not an image");

        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        act.Should().Throw<InvalidDataException>().WithMessage($"*{_folder.Root.FullName}*no image*.jpg*train/<class>*");
    }

    [Fact]
    public void Load_FolderThatIsNotThere_IsNamed()
    {
        Action act = () => ImageFolder.Load(new DirectoryInfo(_folder.PathOf("none")), SkiaImage.Read, new() { ImageSize = 4 });

        act.Should().Throw<DirectoryNotFoundException>().WithMessage($"*{_folder.PathOf("none")}*does not exist*");
    }

    [Fact]
    public void Load_ClassesDifferBetweenSplits_NamesThem()
    {
        DrawOneOfEachClass("train", "test");
        DrawGrey("train/horse/one.png", 0);
        DrawGrey("test/hose/one.png", 0);

        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        act.Should().Throw<InvalidDataException>().WithMessage("*train*[horse]*test*[hose]*");
    }

    [Fact]
    public void Load_SplitWithoutClasses_NamesFolder()
    {
        DrawOneOfEachClass("train");
        _folder.Root.CreateSubdirectory("test");

        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        act.Should().Throw<InvalidDataException>().WithMessage("*test*no class folder*");
    }

    [Fact]
    public void Load_ClassWithoutImages_NamesFolder()
    {
        DrawOneOfEachClass("train", "test");
        File.Delete(_folder.PathOf("train", "dog", "one.png"));

        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        act.Should().Throw<InvalidDataException>().WithMessage($"*{Path.Combine("train", "dog")}*no image*");
    }

    [Fact]
    public void Load_HiddenFolders_AreNoClasses()
    {
        DrawOneOfEachClass("train", "test");
        _folder.Root.CreateSubdirectory("train/.cache");

        ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 }).Train.ClassNames.Should().Equal("cat", "dog");
    }

    [Fact]
    public void Load_FileThatIsNoImage_NamesIt()
    {
        DrawOneOfEachClass("train", "test");
        File.WriteAllText(_folder.PathOf("train", "dog", "two.jpg"), "not an image");

        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        act.Should().Throw<InvalidDataException>().WithMessage($"*{_folder.PathOf("train", "dog", "two.jpg")}*complete JPEG or PNG*");
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, "two.png")]
    [InlineData(SKEncodedImageFormat.Jpeg, "two.jpg")]
    public void Load_TruncatedImage_NamesIt(SKEncodedImageFormat format, string name)
    {
        DrawOneOfEachClass("train", "test");
        Draw($"train/dog/{name}", 64, 64, (x, y) => new SKColor((byte)(x * y), (byte)(x * 31 ^ y), (byte)(y * 7)), format);
        string path = _folder.PathOf("train", "dog", name);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^400]);

        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4 });

        act.Should().Throw<InvalidDataException>().WithMessage($"*{path}*IncompleteInput*");
    }

    [Fact]
    public void Load_MoreThanFitsInMemory_SuggestsStreaming()
    {
        DrawOneOfEachClass("train", "test");
        WriteEmptyTrainImages(700);

        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 1024, Stream = false });

        act.Should().Throw<InvalidDataException>().WithMessage("*702 images*2208301056 bytes*Stream them*smaller image size*");
    }

    [Fact]
    public void Load_MoreThanAGigabyte_IsNotDecodedUnlessUsed()
    {
        DrawOneOfEachClass("train", "test");
        WriteEmptyTrainImages(400);

        ImageSplits splits = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 1024 });

        splits.Train.Count.Should().Be(402);
        using torch.Tensor pixels = splits.Test!.Pixels([1]);
        pixels.shape.Should().Equal(1, 3, 1024, 1024);
        pixels.data<byte>().Should().OnlyContain(value => value == 20);
    }

    [Fact]
    public void Load_Streamed_GivesThePixelsLabelsAndSubsetsOfMemory()
    {
        foreach (string split in new[] { "train", "test" })
            foreach (string name in new[] { "cat", "dog", "eel" })
                for (int i = 0; i < 4; i++)
                    Draw($"{split}/{name}/{i}.png", 7 + i, 9, (x, y) => new SKColor((byte)(x * 20), (byte)(y * 25), (byte)(name[0] + i)));
        ImageSource inMemory = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 6, TrainLimit = 9, Stream = false }).Train;

        ImageSource streamed = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 6, TrainLimit = 9, Stream = true }).Train;

        streamed.Labels.Should().Equal(inMemory.Labels);
        using torch.Tensor expected = inMemory.Subset([8, 0, 3]).Pixels([2, 1, 0]);
        using torch.Tensor pixels = streamed.Subset([8, 0, 3]).Pixels([2, 1, 0]);
        pixels.data<byte>().ToArray().Should().Equal(expected.data<byte>().ToArray());
    }

    [Fact]
    public void Load_ScaledBeyondItsSize_StreamsAndShowsTheCentre()
    {
        DrawOneOfEachClass("train", "test");
        Draw("train/cat/wide.png", 8, 8, (x, y) => new SKColor((byte)(x is > 1 and < 6 && y is > 1 and < 6 ? 200 : 0), 0, 0));

        ImageSource train = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4, Centre = new CentreCrop(8) }).Train;

        train.Should().BeOfType<FileImages>();
        using torch.Tensor pixels = train.Subset([1]).Pixels([0]);
        pixels.data<byte>().ToArray()[..16].Should().OnlyContain(red => red == 200);
    }

    [Fact]
    public void Pixels_OfAStreamedFileThatIsNoImage_NamesIt()
    {
        DrawOneOfEachClass("train", "test");
        File.WriteAllText(_folder.PathOf("train", "dog", "two.jpg"), "not an image");
        ImageSource train = ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = 4, Stream = true }).Train;

        Action act = () => train.Pixels([0, 1, 2]);

        act.Should().Throw<InvalidDataException>().WithMessage($"*{_folder.PathOf("train", "dog", "two.jpg")}*complete JPEG or PNG*");
    }

    [Theory]
    [InlineData(0, 0, 0, "ImageSize")]
    [InlineData(1025, 0, 0, "ImageSize")]
    [InlineData(4, -1, 0, "TrainLimit")]
    [InlineData(4, 0, -1, "TestLimit")]
    public void Load_OptionOutOfRange_NamesIt(int imageSize, int trainLimit, int testLimit, string name)
    {
        Action act = () => ImageFolder.Load(_folder.Root, SkiaImage.Read, new() { ImageSize = imageSize, TrainLimit = trainLimit, TestLimit = testLimit });

        act.Should().Throw<InvalidOptionsException>().WithMessage($"{name} is *; it must be *");
    }

    [SkippableFact]
    public void Read_OfAPipe_IsRefusedInsteadOfWaitedFor()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "It needs mkfifo.");
        string pipe = _folder.PathOf("pipe.jpg");
        System.Diagnostics.Process.Start("mkfifo", [pipe]).WaitForExit();

        Action act = () => SkiaImage.Read(pipe);

        act.Should().Throw<InvalidDataException>().WithMessage($"'{pipe}' cannot be decoded (it is empty or no regular file)*");
    }

    [Fact]
    public void Read_OfAFileThatIsGone_SaysSo()
    {
        Action act = () => SkiaImage.Read(_folder.PathOf("gone.jpg"));

        act.Should().Throw<InvalidDataException>().WithMessage("*gone.jpg' cannot be decoded (it does not exist)*");
    }
}
