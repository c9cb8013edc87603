namespace Clamp.Losses.Tests.Packing.Cpu;

/// <summary>The three widths are one text: no generic type spans them on .NET 8.</summary>
public sealed class LanesTextTests
{
    [Theory]
    [InlineData("256", "Eight")]
    [InlineData("128", "Four")]
    public void Lanes_OfAnotherWidth_DifferInTheWidthAlone(string width, string count)
    {
        Text(width).Should().Be(Text("512").Replace("512", width, StringComparison.Ordinal).Replace("Sixteen", count, StringComparison.Ordinal));
    }

    private static string Text(string width) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Packing", "Cpu", "Lanes", $"Lanes{width}.cs"));
}
