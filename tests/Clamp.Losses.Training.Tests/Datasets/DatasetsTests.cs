using System.IO.Compression;
using Clamp.Losses.Images.Skia;
using SkiaSharp;

namespace Clamp.Losses.Training.Tests;

public sealed class DatasetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ImageSplits Load(DatasetKind kind, int imageSize = 16, int trainLimit = 0, int testLimit = 0, int seed = 0) =>
        Datasets.Load(
            kind,
            _folder.Root,
            new() { ImageSize = imageSize, TrainLimit = trainLimit, TestLimit = testLimit, Seed = seed, AllowPartial = true },
            SkiaImage.Read);

    private static byte[] BytesOf(ImageSource images)
    {
        using torch.Tensor pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        return pixels.data<byte>().ToArray();
    }

    private void WriteIdxSplits()
    {
        foreach (string split in new[] { "train", "t10k" })
        {
            _folder.Write($"{split}-images-idx3-ubyte", IdxContent.Of([20, 28, 28], new byte[20 * 784]));
            _folder.Write($"{split}-labels-idx1-ubyte", IdxContent.Of([20], [.. Enumerable.Range(0, 20).Select(i => (byte)(i % 10))]));
        }
    }

    [Fact]
    public void Load_Shapes_NeedsNoRoot()
    {
        ImageSplits splits = Datasets.Load(DatasetKind.Shapes, root: null, new() { ImageSize = 16, TrainLimit = 24, TestLimit = 12 });

        splits.Train.Count.Should().Be(24);
        splits.Test!.Count.Should().Be(12);
        splits.Train.Width.Should().Be(16);
    }

    [Fact]
    public void Load_ShapesWithoutLimits_DrawsTheDefaultNumbers()
    {
        ImageSplits splits = Load(DatasetKind.Shapes);

        splits.Train.Count.Should().Be(Datasets.DefaultShapesTrain);
        splits.Test!.Count.Should().Be(Datasets.DefaultShapesTest);
    }

    [Fact]
    public void Load_Shapes_BalancesBothSplits()
    {
        ImageSplits splits = Load(DatasetKind.Shapes, trainLimit: 24, testLimit: 12);

        splits.Train.Labels.CountBy(label => label).Should().HaveCount(12).And.OnlyContain(pair => pair.Value == 2);
        splits.Test!.Labels.CountBy(label => label).Should().HaveCount(12);
    }

    [Fact]
    public void Load_Shapes_ShareNoImageBetweenSplits()
    {
        ImageSplits splits = Load(DatasetKind.Shapes, trainLimit: 240, testLimit: 240);

        var images = BytesOf(splits.Train).Chunk(768).Concat(BytesOf(splits.Test!).Chunk(768)).Select(Convert.ToBase64String);

        images.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Load_Cifar10_ReadsTheBinaryVersion()
    {
        _folder.Write("data_batch_1.bin", new byte[2 * 3073]);
        _folder.Write("test_batch.bin", new byte[3073]);

        ImageSplits splits = Load(DatasetKind.Cifar10);

        (splits.Train.Count, splits.Test!.Count, splits.Train.Width).Should().Be((2, 1, 32));
        splits.Train.ClassNames.Should().Equal(Cifar10.ClassNames);
    }

    [Theory]
    [InlineData(DatasetKind.Cifar100, "boy", 100)]
    [InlineData(DatasetKind.Cifar100Coarse, "large_omnivores_and_herbivores", 20)]
    public void Load_Cifar100_ReadsFineOrCoarseLabels(DatasetKind kind, string classOfTheOne, int classes)
    {
        byte[] record = [11, 11, .. new byte[3072]];
        _folder.Write("train.bin", record);
        _folder.Write("test.bin", record);

        ImageSource train = Load(kind).Train;

        train.ClassNames.Should().HaveCount(classes);
        train.ClassNames[train.Labels[0]].Should().Be(classOfTheOne);
    }

    [Theory]
    [InlineData(DatasetKind.Mnist, "0")]
    [InlineData(DatasetKind.FashionMnist, "T-shirt/top")]
    public void Load_IdxSets_KeepTheirSizeAndNames(DatasetKind kind, string firstClass)
    {
        WriteIdxSplits();

        ImageSplits splits = Load(kind);

        (splits.Train.Height, splits.Train.Width).Should().Be((28, 28));
        splits.Train.ClassNames[0].Should().Be(firstClass);
    }

    [Fact]
    public void Load_APartOfAPublishedSet_IsRefusedAndSaysWhatIsMissing()
    {
        byte[] record = [1, .. new byte[3072]];
        _folder.Write("data_batch_1.bin", [.. record, .. record]);
        _folder.Write("data_batch_3.bin", record);
        _folder.Write("test_batch.bin", record);

        Action act = () => Datasets.Load(DatasetKind.Cifar10, _folder.Root, new());

        act.Should().Throw<InvalidDataException>().Which.Message.Should().ContainAll(
            "not Cifar10 as it is published", "data_batch_1.bin has 2 of 10000 images", "data_batch_2.bin is missing", "data_batch_3.bin has 1 of",
            "test_batch.bin has 1 of 10000", "--allow-partial", "--download");
    }

    [Fact]
    public void Load_APartThatIsAllowed_WarnsOfIt()
    {
        WriteIdxSplits();

        Load(DatasetKind.Mnist, trainLimit: 5).Warnings.Should().ContainSingle().Which.Should().Contain("train-images-idx3-ubyte has 20 of 60000 images");
    }

    [Fact]
    public void Load_AWholeSet_DoesNotWarnUnlessAFileHasAnotherSum()
    {
        foreach (var (prefix, count) in new[] { ("train", 60_000), ("t10k", 10_000) })
        {
            _folder.Write($"{prefix}-images-idx3-ubyte", IdxContent.Of([count, 28, 28], new byte[count * 784]));
            _folder.Write($"{prefix}-labels-idx1-ubyte", IdxContent.Of([count], new byte[count]));
        }

        Datasets.Load(DatasetKind.Mnist, _folder.Root, new() { TrainLimit = 10, TestLimit = 10 }).Warnings.Should().BeEmpty();
        using (var packed = new GZipStream(File.Create(_folder.PathOf("t10k-labels-idx1-ubyte.gz")), CompressionLevel.Fastest))
            packed.Write(File.ReadAllBytes(_folder.PathOf("t10k-labels-idx1-ubyte")));
        File.Delete(_folder.PathOf("t10k-labels-idx1-ubyte"));
        var act = () => Datasets.Load(DatasetKind.Mnist, _folder.Root, new() { TrainLimit = 10, TestLimit = 10 });
        act.Should().Throw<InvalidDataException>().WithMessage("*t10k-labels-idx1-ubyte.gz has the MD5 *, not the published ec29112d*");
    }

    [Fact]
    public void Load_ImageFolder_ScalesToImageSize()
    {
        foreach (string split in new[] { "train", "test" })
        {
            using var bitmap = new SKBitmap(20, 20);
            using FileStream stream = File.Create(_folder.PathOf(split, "cat", "one.png"));
            bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
        }

        Load(DatasetKind.ImageFolder, imageSize: 10).Test!.Height.Should().Be(10);
    }

    [Fact]
    public void Load_Limits_TakeClassBalancedSamples()
    {
        WriteIdxSplits();

        ImageSplits splits = Load(DatasetKind.Mnist, trainLimit: 10, testLimit: 5);

        splits.Train.Labels.Should().BeEquivalentTo(Enumerable.Range(0, 10));
        splits.Test!.Labels.Should().HaveCount(5).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void Load_LimitZero_TakesAll()
    {
        WriteIdxSplits();

        Load(DatasetKind.Mnist).Train.Count.Should().Be(20);
    }

    [Theory]
    [InlineData(DatasetKind.Cifar10)]
    [InlineData(DatasetKind.Cifar100)]
    [InlineData(DatasetKind.Mnist)]
    [InlineData(DatasetKind.FashionMnist)]
    [InlineData(DatasetKind.ImageFolder)]
    public void Load_NullRootForFiles_NamesArgumentAndDataSet(DatasetKind kind)
    {
        Action act = () => Datasets.Load(kind, root: null, new());

        act.Should().Throw<ArgumentException>().WithParameterName("root").WithMessage($"{kind}*");
    }

    [Theory]
    [InlineData(-1, 0, "TrainLimit")]
    [InlineData(0, -1, "TestLimit")]
    public void Load_NegativeLimit_NamesOption(int trainLimit, int testLimit, string name)
    {
        Action act = () => Load(DatasetKind.Shapes, trainLimit: trainLimit, testLimit: testLimit);

        act.Should().Throw<InvalidOptionsException>().WithMessage($"{name} is -1; it must be at least 0.");
    }

    [Fact]
    public void Load_ImageFolderWithoutADecoder_NamesOne()
    {
        Action act = () => Datasets.Load(DatasetKind.ImageFolder, _folder.Root, new());

        act.Should().Throw<ArgumentException>().WithParameterName("decode").WithMessage("*decoder*SkiaImage.Read*");
    }

    [Fact]
    public void Load_UnknownKind_ListsTheKnownOnes()
    {
        Action act = () => Load((DatasetKind)99);

        act.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("kind").WithMessage("*99*Shapes, Cifar10*");
    }
}
