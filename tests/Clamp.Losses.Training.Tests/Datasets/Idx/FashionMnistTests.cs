namespace Clamp.Losses.Training.Tests;

public sealed class FashionMnistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_ClassNames_AreThoseOfTheDataSet()
    {
        foreach (string split in new[] { "train", "t10k" })
        {
            _folder.Write($"{split}-images-idx3-ubyte", IdxContent.Of([1, 28, 28], new byte[784]));
            _folder.Write($"{split}-labels-idx1-ubyte", IdxContent.Of([1], 9));
        }

        FashionMnist.Load(_folder.Root).Train.ClassNames.Should().Equal(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");
    }

    [Fact]
    public void Load_FileMissing_NamesFileAndSource()
    {
        Action act = () => FashionMnist.Load(_folder.Root);

        act.Should().Throw<FileNotFoundException>()
            .WithMessage("*train-images-idx3-ubyte*https://github.com/zalandoresearch/fashion-mnist*");
    }
}
