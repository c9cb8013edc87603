namespace Clamp.Losses.Training.Tests;

public sealed class RememberedSumsTests : IDisposable
{
    private const string SumOfAbc = "900150983cd24fb0d6963f7d28e17f72";
    private static readonly DateTime Then = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string Data => Path.Combine(_folder, "data.gz");

    private string Memory => Path.Combine(_folder, RememberedSums.FileName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Of_AFileThatIsAsItWas_IsNotReadAgain()
    {
        Write("abc", Then);
        RememberedSums.Of(Data).Should().Be(SumOfAbc);

        Write("xyz", Then);

        RememberedSums.Of(Data).Should().Be(SumOfAbc);
    }

    [Theory]
    [InlineData("abcd", 0)]
    [InlineData("xyz", 1)]
    public void Of_AFileOfAnotherSizeOrTime_IsReadAgain(string content, int later)
    {
        Write("abc", Then);
        RememberedSums.Of(Data);

        Write(content, Then.AddTicks(later * TimeSpan.TicksPerSecond));

        RememberedSums.Of(Data).Should().NotBe(SumOfAbc);
        File.ReadAllLines(Memory).Should().ContainSingle();
    }

    [Fact]
    public void Of_ADamagedMemory_IsIgnored()
    {
        Write("abc", Then);
        File.WriteAllText(Memory, $"90015 3 {Then.Ticks} data.gz\n\0\n");

        RememberedSums.Of(Data).Should().Be(SumOfAbc);
    }

    [Fact]
    public void Of_AMemoryThatCannotBeWritten_IsNoError()
    {
        Write("abc", Then);
        Directory.CreateDirectory(Memory);

        RememberedSums.Of(Data).Should().Be(SumOfAbc);
    }

    private void Write(string content, DateTime time)
    {
        File.WriteAllText(Data, content);
        File.SetLastWriteTimeUtc(Data, time);
    }
}
