namespace Clamp.Losses.Training.Tests;

public sealed class LabelledSubsetTests
{
    private static readonly MemoryImages Images = ShapesGenerator.Generate(240, 16, seed: 1);

    [Fact]
    public void Draw_AShare_TakesAsManyOfEachClass() =>
        Draw(0.1, seed: 3).CountBy(position => Images.Labels[position]).Should().HaveCount(12).And.OnlyContain(pair => pair.Value == 2);

    [Fact]
    public void Draw_SameSeed_RepeatsAndALargerShareAdds()
    {
        var some = Draw(0.1, seed: 3);

        Draw(0.1, seed: 3).Should().Equal(some);
        Draw(0.5, seed: 3).Should().Contain(some).And.HaveCount(120);
    }

    [Fact]
    public void Draw_AnotherSeed_Differs() => Draw(0.1, seed: 4).Should().NotEqual(Draw(0.1, seed: 3));

    [Theory]
    [InlineData(0, "*above 0*")]
    [InlineData(1.5, "*at most 1*")]
    [InlineData(double.NaN, "*above 0*")]
    [InlineData(0.01, "2 of 240 training images*12 classes*")]
    public void Draw_ShareOutOfRange_SaysWhatIsAllowed(double fraction, string message)
    {
        var act = () => Draw(fraction, seed: 0);
        act.Should().Throw<InvalidOptionsException>().WithMessage(message);
    }

    private static int[] Draw(double fraction, int seed) => LabelledSubset.Draw(Images, fraction, seed);
}
