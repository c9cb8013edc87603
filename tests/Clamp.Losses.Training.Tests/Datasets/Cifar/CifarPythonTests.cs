namespace Clamp.Losses.Training.Tests;

public sealed class CifarPythonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cifar-10-python.tar.gz")]
    [InlineData("cifar-10-batches-py/data_batch_1")]
    [InlineData("data_batch_1")]
    [InlineData("test_batch")]
    public void Load_PythonVersionAlone_AsksForTheBinaryArchive(string file)
    {
        File.WriteAllBytes(_folder.PathOf(file.Split('/')), [0x80, 2]);

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>()
            .WithMessage("*python version, which is not read*same images*cifar-10-binary.tar.gz*https://www.cs.toronto.edu/~kriz/cifar.html*");
    }

    [Fact]
    public void Load_BothVersions_ReadsTheBinaryOne()
    {
        _folder.Write("cifar-10-python.tar.gz", 1);
        _folder.Write("data_batch_1", 1);
        _folder.Write("data_batch_1.bin", [2, .. new byte[3072]]);
        _folder.Write("test_batch.bin", [2, .. new byte[3072]]);

        Cifar10.Load(_folder.Root).Train.Labels.Should().Equal(2);
    }

    [Fact]
    public void Load_FoldersOfImagesCalledAsCifarsFiles_AreNotTakenForThePythonVersion()
    {
        _folder.PathOf("train", "cat", "1.jpg");
        _folder.PathOf("test", "cat", "1.jpg");

        Action act = () => Cifar100.Load(_folder.Root);

        act.Should().Throw<FileNotFoundException>().WithMessage("*train.bin*");
    }
}
