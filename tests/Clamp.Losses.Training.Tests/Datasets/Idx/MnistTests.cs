namespace Clamp.Losses.Training.Tests;

public sealed class MnistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] Images(int count) =>
        IdxContent.Of([count, 28, 28], [.. Enumerable.Range(0, count * 784).Select(i => (byte)(i % 251))]);

    private static byte[] Labels(params byte[] labels) => IdxContent.Of([labels.Length], labels);

    private void WriteBothSplits()
    {
        _folder.Write("train-images-idx3-ubyte", Images(3));
        _folder.Write("train-labels-idx1-ubyte", Labels(5, 0, 9));
        _folder.Write("t10k-images-idx3-ubyte.gz", IdxContent.Packed(Images(2)));
        _folder.Write("t10k-labels-idx1-ubyte.gz", IdxContent.Packed(Labels(7, 2)));
    }

    [Fact]
    public void Load_PlainAndPackedFiles_ReadsBothSplits()
    {
        WriteBothSplits();

        ImageSplits splits = Mnist.Load(_folder.Root);

        splits.Train.Labels.Should().Equal(5, 0, 9);
        splits.Test!.Labels.Should().Equal(7, 2);
    }

    [Fact]
    public void Load_GreyImages_AreRepeatedInThreePlanes()
    {
        WriteBothSplits();

        using torch.Tensor pixels = Mnist.Load(_folder.Root).Train.Pixels([1]);

        pixels.shape.Should().Equal(1, 3, 28, 28);
        byte[] plane = [.. Enumerable.Range(784, 784).Select(i => (byte)(i % 251))];
        pixels.data<byte>().ToArray().Should().Equal([.. plane, .. plane, .. plane]);
    }

    [Fact]
    public void Load_ClassNames_AreTheDigits()
    {
        WriteBothSplits();

        Mnist.Load(_folder.Root).Test!.ClassNames.Should().Equal("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    }

    [Theory]
    [InlineData("train-labels-idx1-ubyte")]
    [InlineData("t10k-images-idx3-ubyte")]
    public void Load_FileMissing_NamesFileAndSource(string name)
    {
        WriteBothSplits();
        File.Delete(_folder.PathOf(name));
        File.Delete(_folder.PathOf(name + ".gz"));

        Action act = () => Mnist.Load(_folder.Root);

        act.Should().Throw<FileNotFoundException>().WithMessage($"*{_folder.PathOf(name)}*https://github.com/cvdfoundation/mnist*");
    }

    [Fact]
    public void Load_FewerLabelsThanImages_NamesFileAndBothCounts()
    {
        WriteBothSplits();
        _folder.Write("train-labels-idx1-ubyte", Labels(5, 0));

        Action act = () => Mnist.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*train-labels-idx1-ubyte*dimensions 2*3*");
    }

    [Fact]
    public void Load_ImagesOfOtherSize_NamesFileAndDimensions()
    {
        WriteBothSplits();
        _folder.Write("train-images-idx3-ubyte", IdxContent.Of([3, 2, 2], new byte[12]));

        Action act = () => Mnist.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*train-images-idx3-ubyte*3 x 2 x 2*N x 28 x 28*");
    }

    [Fact]
    public void Load_LabelAboveNine_NamesFilePositionAndLabel()
    {
        WriteBothSplits();
        _folder.Write("train-labels-idx1-ubyte", Labels(5, 0, 10));

        Action act = () => Mnist.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*train-labels-idx1-ubyte*label 10*position 2*0 to 9*");
    }

    [Fact]
    public void Load_NullRoot_NamesArgument()
    {
        Action act = () => Mnist.Load(null!);

        act.Should().Throw<ArgumentNullException>().WithParameterName("root");
    }
}
