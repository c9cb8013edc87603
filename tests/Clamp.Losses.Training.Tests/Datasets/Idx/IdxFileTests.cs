namespace Clamp.Losses.Training.Tests;

public sealed class IdxFileTests : IDisposable
{
    private const string Source = "https://example.org/digits";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private IdxFile Read(string name) => IdxFile.Read(_folder.PathOf(name), Source);

    [Theory]
    [InlineData(6)]
    [InlineData(2, 3)]
    [InlineData(1, 3, 2)]
    public void Read_RankOneToThree_ReturnsDimensionsAndValues(params int[] dimensions)
    {
        _folder.Write("file", IdxContent.Of(dimensions, 1, 2, 3, 4, 5, 255));

        IdxFile file = Read("file");

        file.Dimensions.Should().Equal(dimensions);
        file.Values.ToArray().Should().Equal(1, 2, 3, 4, 5, 255);
    }

    [Fact]
    public void Read_OnlyPackedFileExists_UnpacksIt()
    {
        _folder.Write("file.gz", IdxContent.Packed(IdxContent.Of([3], 7, 8, 9)));

        Read("file").Values.ToArray().Should().Equal(7, 8, 9);
    }

    [Fact]
    public void Read_PathOfPackedFile_UnpacksIt()
    {
        _folder.Write("file.gz", IdxContent.Packed(IdxContent.Of([3], 7, 8, 9)));

        Read("file.gz").Values.ToArray().Should().Equal(7, 8, 9);
    }

    [Fact]
    public void Read_BothFilesExist_PrefersThePlainOne()
    {
        _folder.Write("file", IdxContent.Of([1], 1));
        _folder.Write("file.gz", IdxContent.Packed(IdxContent.Of([1], 2)));

        Read("file").Values.ToArray().Should().Equal(1);
    }

    [Fact]
    public void Read_FileMissing_NamesFileAndSource()
    {
        Action act = () => Read("file");

        act.Should().Throw<FileNotFoundException>().WithMessage($"*{_folder.PathOf("file")}*IDX*.gz*{Source}*")
            .Which.FileName.Should().Be(_folder.PathOf("file"));
    }

    [Fact]
    public void Read_TruncatedValues_NamesFileAndBothSizes()
    {
        _folder.Write("file", IdxContent.Of([2, 3], 1, 2, 3, 4, 5));

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage($"*{_folder.PathOf("file")}*17 bytes*18*2 x 3*{Source}*");
    }

    [Fact]
    public void Read_ValuesTooLong_NamesBothSizes()
    {
        _folder.Write("file", IdxContent.Of([2], 1, 2, 3));

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage("*11 bytes*10*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Read_TruncatedHeader_NamesSize(int length)
    {
        _folder.Write("file", IdxContent.Of([2], 1, 2)[..length]);

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage($"*has {length} bytes*");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(-12)]
    public void Read_TruncatedPackedFile_NamesFile(int length)
    {
        byte[] packed = IdxContent.Packed(IdxContent.Of([1000], [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * i / 7))]));
        _folder.Write("file.gz", packed[..(length < 0 ? packed.Length + length : length)]);

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage($"*{_folder.PathOf("file.gz")}*{Source}*");
    }

    [Fact]
    public void Read_PackedFileThatUnpacksToMoreThanItClaims_IsRefusedBeforeAllIsUnpacked()
    {
        var zeros = new byte[200_000_000];
        IdxContent.Of([3], 7, 8, 9).CopyTo(zeros, 0);
        _folder.Write("file.gz", IdxContent.Packed(zeros));
        zeros = null;
        long before = GC.GetAllocatedBytesForCurrentThread();

        Action act = () => Read("file.gz");

        act.Should().Throw<InvalidDataException>().WithMessage("*file.gz*asks for 11 bytes, and there are more*");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(20_000_000);
    }

    [Fact]
    public void Read_PackedFileThatIsNoGzip_NamesFile()
    {
        _folder.Write("file.gz", IdxContent.Of([3], 7, 8, 9));

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage("*file.gz*gzip*");
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(2052)]
    [InlineData(0x0D01)]
    [InlineData(-1)]
    public void Read_UnknownMagic_NamesIt(int magic)
    {
        _folder.Write("file", IdxContent.BigEndian(magic, 1, 1, 1, 1));

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage($"*magic number {magic}*2049*2051*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Read_DimensionBelowOne_NamesIt(int length)
    {
        _folder.Write("file", IdxContent.Of([1, length]));

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage($"*dimension 1*{length}*");
    }

    [Fact]
    public void Read_HugeDimensions_ThrowsInsteadOfOverflowing()
    {
        _folder.Write("file", IdxContent.Of([int.MaxValue, int.MaxValue, int.MaxValue]));

        Action act = () => Read("file");

        act.Should().Throw<InvalidDataException>().WithMessage("*2147483647 x 2147483647 x 2147483647*");
    }
}
