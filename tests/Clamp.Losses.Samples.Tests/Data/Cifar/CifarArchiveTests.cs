using System.Formats.Tar;
using System.IO.Compression;
using Clamp.Losses.Samples.Data;

namespace Clamp.Losses.Samples.Tests.Data.Cifar;

public sealed class CifarArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] Records(params byte[] labels) => [.. labels.SelectMany(label => (byte[])[label, .. new byte[3072]])];

    private string Pack(string archive, params (string Name, byte[] Content)[] members)
    {
        string path = _folder.PathOf(archive);
        using var tar = new TarWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest), TarEntryFormat.Ustar);
        tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, members[0].Name.Split('/')[0] + "/"));
        foreach (var (name, content) in members)
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        return path;
    }

    // The published archives hold their members in no particular order.
    private string PackCifar10() => Pack(
        "cifar-10-binary.tar.gz",
        ("cifar-10-batches-bin/data_batch_2.bin", Records(4)),
        ("cifar-10-batches-bin/batches.meta.txt", "airplane"u8.ToArray()),
        ("cifar-10-batches-bin/test_batch.bin", Records(3)),
        ("cifar-10-batches-bin/data_batch_1.bin", Records(6, 9)));

    [Fact]
    public void Load_BinaryArchive_JoinsItsBatchesInOrder()
    {
        PackCifar10();

        ImageSplits splits = Cifar10.Load(_folder.Root);

        splits.Train.Labels.Should().Equal(6, 9, 4);
        splits.Test.Labels.Should().Equal(3);
    }

    [Fact]
    public void Load_PythonArchive_ReadsItsPickles()
    {
        Pack(
            "cifar-100-python.tar.gz",
            ("cifar-100-python/meta", [1, 2, 3]),
            ("cifar-100-python/test", PickledBatch.Of([("fine_labels", [50])], 1, new byte[3072])),
            ("cifar-100-python/train", PickledBatch.Of([("fine_labels", [7, 70])], 2, new byte[2 * 3072])));

        Cifar100.Load(_folder.Root).Train.Labels.Should().Equal(7, 70);
    }

    [Fact]
    public void Load_UnpackedFilesBesideTheArchive_ArePreferred()
    {
        PackCifar10();
        _folder.Write("data_batch_1.bin", Records(1));
        _folder.Write("test_batch.bin", Records(1));

        Cifar10.Load(_folder.Root).Train.Labels.Should().Equal(1);
    }

    [Fact]
    public void Load_ArchiveWithoutTheTestBatch_NamesIt()
    {
        string archive = Pack("cifar-10-binary.tar.gz", ("cifar-10-batches-bin/data_batch_1.bin", Records(1)));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<FileNotFoundException>().WithMessage($"*{archive}*test_batch.bin*");
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public void Load_TruncatedArchive_NamesIt(double share)
    {
        var random = new Random(1);
        var noise = new byte[4 * 3073];
        random.NextBytes(noise);
        for (int i = 0; i < 4; i++)
            noise[i * 3073] = 0;
        string archive = Pack("cifar-10-binary.tar.gz", ("b/data_batch_1.bin", noise), ("b/test_batch.bin", noise));
        byte[] content = File.ReadAllBytes(archive);
        File.WriteAllBytes(archive, content[..(int)(share * content.Length)]);

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage($"*{archive}*truncated or damaged*");
    }

    [Fact]
    public void Load_ArchiveThatIsNoGzip_NamesIt()
    {
        _folder.Write("cifar-10-binary.tar.gz", [.. Enumerable.Repeat((byte)'x', 2000)]);

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*cifar-10-binary.tar.gz*truncated or damaged*cs.toronto.edu*");
    }

    [Fact]
    public void Load_NothingThere_OffersTheArchives()
    {
        Action act = () => Cifar100.Load(_folder.Root);

        act.Should().Throw<FileNotFoundException>().WithMessage("*train.bin*cifar-100-binary.tar.gz or cifar-100-python.tar.gz*");
    }
}
