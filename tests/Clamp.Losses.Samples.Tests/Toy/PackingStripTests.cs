using Clamp.Losses.Samples.Toy;
using SkiaSharp;

namespace Clamp.Losses.Samples.Tests.Toy;

public sealed class PackingStripTests
{
    [Fact]
    public void Png_TenImages_HasTheStatedSizeAndAllTheirColours()
    {
        var frames = ToyFrames.Of(20);

        using var picture = SKBitmap.Decode(PackingStrip.Png(ToyFrames.Images, frames, Viewpoint.Facing(frames[^1].Centroids)));

        (picture.Width, picture.Height).Should().Be((1800, 640));
        var pixels = picture.Pixels.CountBy(pixel => (uint)pixel & 0xFFFFFF).ToDictionary();
        ToyColours.All.Should().OnlyHaveUniqueItems().And.HaveCount(10).And.OnlyContain(colour => pixels.GetValueOrDefault(colour) > 500);
    }

    [Fact]
    public void Chosen_ContactsFall_TakesWhatShowsIt()
    {
        var frames = ToyFrames.Of(20);

        var chosen = PackingStrip.Chosen(frames);

        chosen.Should().HaveCount(4).And.BeInAscendingOrder(frame => frame.Step);
        chosen[0].Should().BeSameAs(frames[0]);
        chosen[^1].Should().BeSameAs(frames[^1]);
        chosen.Select(frame => frame.Contacts.Count).Should().BeInDescendingOrder();
    }

    [Fact]
    public void Chosen_OneFrame_IsThatFrame() => PackingStrip.Chosen(ToyFrames.Of(1).Take(1).ToList()).Should().ContainSingle();
}
