using CsCheck;

namespace Clamp.Losses.Training.Tests;

public sealed class CheckpointFileTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string FilePath => _temporary.PathOf("step-00000003.ckpt");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Open_WrittenFile_ReadsTheContent()
    {
        CheckpointFile.Write(FilePath, writer => writer.Write("weights"));

        using var reader = CheckpointFile.Open(FilePath);

        reader.ReadString().Should().Be("weights");
    }

    [Fact]
    public void Open_AnyByteChanged_SaysThatTheFileIsDamaged()
    {
        CheckpointFile.Write(FilePath, writer => writer.Write("some weights"));
        var whole = File.ReadAllBytes(FilePath);

        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Sample(
            (position, change) =>
            {
                var damaged = whole.ToArray();
                damaged[position] ^= change;
                File.WriteAllBytes(FilePath, damaged);
                ThrowsDamaged();
            },
            iter: 100,
            threads: 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(-1)]
    public void Open_FileCutShort_SaysThatTheFileIsDamaged(int length)
    {
        CheckpointFile.Write(FilePath, writer => writer.Write("some weights"));
        var whole = File.ReadAllBytes(FilePath);
        File.WriteAllBytes(FilePath, length < 0 ? whole[..^1] : whole[..length]);

        ThrowsDamaged();
    }

    [Fact]
    public void Write_DiskFull_KeepsTheEarlierFileAndNamesIt()
    {
        CheckpointFile.Write(FilePath, writer => writer.Write("earlier"));

        var act = () => CheckpointFile.Write(FilePath, writer =>
        {
            writer.Write("half of the la");
            throw new IOException("No space left on device");
        });

        act.Should().Throw<IOException>().WithMessage($"'{FilePath}' could not be written; what was there is kept. No space left on device");
        Directory.GetFiles(_temporary.Root.FullName).Should().Equal(FilePath);
        using var reader = CheckpointFile.Open(FilePath);
        reader.ReadString().Should().Be("earlier");
    }

    [SkippableFact]
    public void Write_DiskThatFailsToFlush_KeepsTheEarlierFileAndSaysSo()
    {
        CheckpointFile.Write(FilePath, writer => writer.Write("earlier"));

        var act = () =>
        {
            using var broken = FailingDisk.Break();
            CheckpointFile.Write(FilePath, writer => writer.Write("later"));
        };

        act.Should().Throw<IOException>().WithMessage($"'{FilePath}' could not be written; what was there is kept. *Input/output error.");
        Directory.GetFiles(_temporary.Root.FullName).Should().Equal(FilePath);
        using var reader = CheckpointFile.Open(FilePath);
        reader.ReadString().Should().Be("earlier");
    }

    private void ThrowsDamaged()
    {
        var act = () => CheckpointFile.Open(FilePath).Dispose();

        act.Should().Throw<InvalidDataException>().WithMessage($"'{FilePath}' is damaged*");
    }
}
