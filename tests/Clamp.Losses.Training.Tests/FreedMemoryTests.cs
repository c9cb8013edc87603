namespace Clamp.Losses.Training.Tests;

public sealed class FreedMemoryTests
{
    [Fact]
    public void Keep_WithGlibc_IsTaken() => FreedMemory.Keep().Should().Be(OperatingSystem.IsLinux());
}
