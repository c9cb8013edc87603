namespace Clamp.Losses.Training.Tests;

public sealed class CifarBinaryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // A record whose red, green and blue planes hold 10, 20 and 30 plus the label, but for the first pixel of the second row.
    private static byte[] Record(byte label)
    {
        var record = new byte[3073];
        record[0] = label;
        for (int i = 0; i < 3072; i++)
            record[1 + i] = (byte)(10 * (1 + i / 1024) + label);
        record[1 + 32] = 99;
        return record;
    }

    private static byte[] Batch(params byte[] labels) => [.. labels.SelectMany(Record)];

    [Fact]
    public void Load_TwoTrainBatches_JoinsThemInOrder()
    {
        _folder.Write("data_batch_1.bin", Batch(6, 9));
        _folder.Write("data_batch_2.bin", Batch(4));
        _folder.Write("test_batch.bin", Batch(3));

        ImageSplits splits = Cifar10.Load(_folder.Root);

        splits.Train.Labels.Should().Equal(6, 9, 4);
        splits.Test!.Labels.Should().Equal(3);
    }

    [Fact]
    public void Load_Pixels_KeepsPlanesAndRows()
    {
        _folder.Write("data_batch_1.bin", Batch(6, 9));
        _folder.Write("test_batch.bin", Batch(3));

        using torch.Tensor pixels = Cifar10.Load(_folder.Root).Train.Pixels([1]);

        pixels.shape.Should().Equal(1, 3, 32, 32);
        pixels[0, 0, 1, 0].item<byte>().Should().Be(99);
        pixels[0, 0, 0, 1].item<byte>().Should().Be(19);
        pixels[0, 1, 1, 0].item<byte>().Should().Be(29);
        pixels[0, 2, 31, 31].item<byte>().Should().Be(39);
    }

    [Fact]
    public void Load_ArchiveFolderInside_ReadsFromIt()
    {
        File.WriteAllBytes(_folder.PathOf("cifar-10-batches-bin", "data_batch_1.bin"), Batch(1));
        File.WriteAllBytes(_folder.PathOf("cifar-10-batches-bin", "test_batch.bin"), Batch(2));

        Cifar10.Load(_folder.Root).Train.Labels.Should().Equal(1);
    }

    [Fact]
    public void Load_ClassNames_AreThoseOfTheDataSet()
    {
        _folder.Write("data_batch_1.bin", Batch(0));
        _folder.Write("test_batch.bin", Batch(0));

        Cifar10.Load(_folder.Root).Train.ClassNames.Should().Equal(
            "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
    }

    [Theory]
    [InlineData("data_batch_1.bin", "test_batch.bin")]
    [InlineData("test_batch.bin", "data_batch_1.bin")]
    public void Load_FileMissing_NamesFileContentAndSource(string missing, string present)
    {
        _folder.Write(present, Batch(0));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<FileNotFoundException>()
            .WithMessage($"*{missing}*30730000 bytes*https://www.cs.toronto.edu/~kriz/cifar.html*")
            .Which.FileName.Should().Be(_folder.PathOf(missing));
    }

    [Fact]
    public void Load_RootMissing_NamesFile()
    {
        Action act = () => Cifar10.Load(new DirectoryInfo(Path.Combine(_folder.Root.FullName, "nowhere")));

        act.Should().Throw<FileNotFoundException>().WithMessage("*nowhere*data_batch_1.bin*");
    }

    [Fact]
    public void Load_TruncatedBatch_NamesFileAndExpectedSize()
    {
        _folder.Write("data_batch_1.bin", Batch(0));
        _folder.Write("data_batch_2.bin", Batch(0, 1)[..^1]);
        _folder.Write("test_batch.bin", Batch(0));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>()
            .WithMessage($"*{_folder.PathOf("data_batch_2.bin")}*6145 bytes*3073 bytes*https://www.cs.toronto.edu/~kriz/cifar.html*");
    }

    [Fact]
    public void Load_EmptyBatch_NamesFile()
    {
        _folder.Write("data_batch_1.bin", Batch(0));
        _folder.Write("test_batch.bin");

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*test_batch.bin*has 0 bytes*");
    }

    [Fact]
    public void Load_LabelAboveNine_NamesFileRecordAndLabel()
    {
        _folder.Write("data_batch_1.bin", Batch(0, 10));
        _folder.Write("test_batch.bin", Batch(0));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*data_batch_1.bin*label 10*record 1*0 to 9*");
    }

    [Fact]
    public void Load_NullRoot_NamesArgument()
    {
        Action act = () => Cifar10.Load(null!);

        act.Should().Throw<ArgumentNullException>().WithParameterName("root");
    }
}
