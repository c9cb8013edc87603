using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Samples.Pictures;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Tests.Analysis;

public sealed class SampleViewsTests
{
    [Fact]
    public void Of_TrainingImages_AreTheViewsOfTheFirstEpoch()
    {
        var images = ShapesGenerator.Generate(12, 16, seed: 1);
        var options = new RunOptions { Views = 3, Seed = 5, Normalisation = Normalisation.Named["imagenet"] };

        var rows = SampleViews.Of(images, options);

        // The third row is image 4; by another way than the loader's.
        using var scope = torch.NewDisposeScope();
        rows.Should().HaveCount(6);
        rows[2].Name.Should().Be(images.ClassNames[images.Labels[4]]);
        var views = options.CreateAugmentation().Views(images.Pixels([4]), [4], epoch: 0, views: 3, outputSize: 16);
        rows[2].Tiles.Select(tile => tile.Address).Should().Equal(
            [Thumbnails.Address(images.Pixels([4])[0]), .. Enumerable.Range(0, 3).Select(view => Thumbnails.Address(options.Normalisation.Invert(views[view][0])))]);
    }
}
