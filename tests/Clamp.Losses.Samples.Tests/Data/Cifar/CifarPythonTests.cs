using Clamp.Losses.Samples.Data;

namespace Clamp.Losses.Samples.Tests.Data.Cifar;

public sealed class CifarPythonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Every pixel byte tells its place.
    private static byte[] Pixels(int count) => [.. Enumerable.Range(0, count * 3072).Select(i => (byte)(i / 3072 * 7 + i % 3072 % 251))];

    private static byte[] Batch(params byte[] labels) => PickledBatch.Of([("labels", labels)], labels.Length, Pixels(labels.Length));

    [Fact]
    public void Load_PickledBatches_JoinsThemInOrder()
    {
        _folder.Write("data_batch_1", Batch(6, 9));
        _folder.Write("data_batch_2", Batch(4));
        _folder.Write("test_batch", Batch(3));

        ImageSplits splits = Cifar10.Load(_folder.Root);

        splits.Train.Labels.Should().Equal(6, 9, 4);
        splits.Test.Labels.Should().Equal(3);
    }

    [Fact]
    public void Load_PickledPixels_KeepsPlanesAndRows()
    {
        _folder.Write("data_batch_1", Batch(6, 9));
        _folder.Write("test_batch", Batch(3));

        using torch.Tensor pixels = Cifar10.Load(_folder.Root).Train.Pixels([0, 1]);

        pixels.data<byte>().ToArray().Should().Equal(Pixels(2));
    }

    [Fact]
    public void Load_ArrayInColumnOrder_IsTransposed()
    {
        byte[] rows = Pixels(2);
        byte[] columns = [.. Enumerable.Range(0, rows.Length).Select(i => rows[(i % 2 * 3072) + (i / 2)])];
        _folder.Write("data_batch_1", PickledBatch.Of([("labels", [1, 2])], 2, columns, columnMajor: true));
        _folder.Write("test_batch", Batch(3));

        using torch.Tensor pixels = Cifar10.Load(_folder.Root).Train.Pixels([0, 1]);

        pixels.data<byte>().ToArray().Should().Equal(rows);
    }

    [Theory]
    [InlineData(false, 99)]
    [InlineData(true, 19)]
    public void Load_Cifar100_ReadsTheLabelsAskedFor(bool coarse, int label)
    {
        foreach (string name in new[] { "train", "test" })
        {
            File.WriteAllBytes(
                _folder.PathOf("cifar-100-python", name), PickledBatch.Of([("coarse_labels", [19]), ("fine_labels", [99])], 1, Pixels(1)));
        }

        Cifar100.Load(_folder.Root, coarse).Train.Labels.Should().Equal(label);
    }

    [Fact]
    public void Load_BothVersions_PrefersTheBinaryOne()
    {
        _folder.Write("data_batch_1", Batch(1));
        _folder.Write("test_batch", Batch(1));
        _folder.Write("data_batch_1.bin", [2, .. new byte[3072]]);
        _folder.Write("test_batch.bin", [2, .. new byte[3072]]);

        Cifar10.Load(_folder.Root).Train.Labels.Should().Equal(2);
    }

    [Fact]
    public void Load_FewerLabelsThanImages_NamesFileAndKey()
    {
        _folder.Write("data_batch_1", PickledBatch.Of([("labels", [1])], 2, Pixels(2)));
        _folder.Write("test_batch", Batch(1));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage($"*{_folder.PathOf("data_batch_1")}*1 whole numbers in 'labels' for 2 images*");
    }

    [Fact]
    public void Load_NoPixels_NamesFileAndShape()
    {
        _folder.Write("data_batch_1", [0x80, 2, (byte)'}', (byte)'.']);
        _folder.Write("test_batch", Batch(1));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*data_batch_1*no 'data' of N x 3072*");
    }

    [Fact]
    public void Load_TruncatedPickle_NamesFile()
    {
        _folder.Write("data_batch_1", Batch(6, 9)[..3000]);
        _folder.Write("test_batch", Batch(1));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage($"*{_folder.PathOf("data_batch_1")}*ends within a value*");
    }
}
