namespace Clamp.Losses.Training.Tests;

public sealed class ColourJitterTests
{
    private static readonly ViewParameters Neutral = new() { Brightness = 1, Contrast = 1, Saturation = 1, Hue = 0 };

    [Fact]
    public void Order_OfManyEpochs_TakesEachOfThe24EquallyOften()
    {
        var counts = Enumerable.Range(0, 4_800).GroupBy(epoch => string.Join(' ', ColourJitter.Order(seed: 0, epoch, view: 0)))
            .Select(group => group.Count()).ToArray();

        counts.Should().HaveCount(24).And.OnlyContain(count => count > 140 && count < 260);
    }

    [Fact]
    public void ApplyTo_WithNeutralAmounts_ChangesNothingAtAll()
    {
        using var images = TestImages.Floats(2, 4, 4);
        var before = images.Values();

        ColourJitter.ApplyTo(images, [Neutral, Neutral], Enum.GetValues<JitterStep>());

        images.Values().Should().Equal(before);
    }

    [Fact]
    public void ApplyTo_OfAllSteps_TakesThemInOrder()
    {
        using var scope = torch.NewDisposeScope();
        var images = TestImages.Floats(1, 4, 4);
        var expected = images.clone();
        ColourChanges.Saturation(expected, torch.tensor([0.5f], torch.ScalarType.Float32));
        ColourChanges.Hue(expected, torch.tensor([0.2f], torch.ScalarType.Float32));
        ColourChanges.Brightness(expected, torch.tensor([1.6f], torch.ScalarType.Float32));
        ColourChanges.Contrast(expected, torch.tensor([0.7f], torch.ScalarType.Float32));

        ColourJitter.ApplyTo(
            images,
            [new() { Brightness = 1.6, Contrast = 0.7, Saturation = 0.5, Hue = 0.2 }],
            [JitterStep.Saturation, JitterStep.Hue, JitterStep.Brightness, JitterStep.Contrast]);

        images.LargestDifference(expected).Should().Be(0);
    }
}
