using System.Formats.Tar;
using System.IO.Compression;
using CsCheck;

namespace Clamp.Losses.Training.Tests;

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
        splits.Test!.Labels.Should().Equal(3);
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
    public void Load_ArchiveWithAnyBitFlipped_IsRefusedOrHoldsTheSameImages()
    {
        var random = new Random(1);
        byte[] noise = Records(1, 2, 3);
        for (int i = 0; i < noise.Length; i++)
            noise[i] = i % 3073 == 0 ? noise[i] : (byte)random.Next(64);
        string archive = Pack("cifar-10-binary.tar.gz", ("b/data_batch_1.bin", noise), ("b/test_batch.bin", noise));
        byte[] content = File.ReadAllBytes(archive);
        byte[] whole = Pixels();

        Gen.Int[0, (content.Length * 8) - 1].Sample(
            bit =>
            {
                byte[] flipped = [.. content];
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                File.WriteAllBytes(archive, flipped);
                try
                {
                    Pixels().Should().Equal(whole);
                }
                catch (Exception refused) when (refused is InvalidDataException or FileNotFoundException)
                {
                }
            },
            iter: 400,
            threads: 1);

        byte[] Pixels()
        {
            var train = Cifar10.Load(_folder.Root).Train;
            using var pixels = train.Pixels([.. Enumerable.Range(0, train.Count)]);
            return [.. pixels.bytes, .. train.Labels.Select(label => (byte)label)];
        }
    }

    [Theory]
    [InlineData(0x80, 0x7f)]
    [InlineData(0xff, 0x00)]
    public void Load_ArchiveWithASizeBeyondNumbers_NamesIt(byte first, byte others)
    {
        string archive = PackCifar10();
        using var tar = new MemoryStream();
        using (var unpacked = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress))
            unpacked.CopyTo(tar);
        byte[] content = tar.ToArray();

        // The size of the second member, in base 256, and then the sum of its header.
        var header = content.AsSpan(512, 512);
        header.Slice(124, 12).Fill(others);
        header[124] = first;
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header)
            sum += value;
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
        File.WriteAllBytes(archive, IdxContent.Packed(content));

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage($"*{archive}*");
    }

    [Fact]
    public void Load_ArchiveThatIsNoGzip_NamesIt()
    {
        _folder.Write("cifar-10-binary.tar.gz", [.. Enumerable.Repeat((byte)'x', 2000)]);

        Action act = () => Cifar10.Load(_folder.Root);

        act.Should().Throw<InvalidDataException>().WithMessage("*cifar-10-binary.tar.gz*truncated or damaged*cs.toronto.edu*");
    }

    [Theory]
    [InlineData(false, 99)]
    [InlineData(true, 19)]
    public void Load_Cifar100_ReadsTheLabelsAskedFor(bool coarse, int label)
    {
        byte[] record = [19, 99, .. new byte[3072]];
        Pack("cifar-100-binary.tar.gz", ("cifar-100-binary/train.bin", record), ("cifar-100-binary/test.bin", record));

        Cifar100.Load(_folder.Root, coarse).Train.Labels.Should().Equal(label);
    }

    [Fact]
    public void Load_NothingThere_OffersTheArchive()
    {
        Action act = () => Cifar100.Load(_folder.Root);

        act.Should().Throw<FileNotFoundException>().WithMessage("*train.bin*cifar-100-binary.tar.gz*");
    }
}
