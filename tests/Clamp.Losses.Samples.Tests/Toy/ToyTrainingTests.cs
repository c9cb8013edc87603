using Clamp.Losses.Samples.Toy;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Tests.Toy;

public sealed class ToyTrainingTests
{
    [Fact]
    public void Run_DefaultSettings_GoesFromAllInContactToNone()
    {
        var images = ToyImages.Choose(ShapesGenerator.Generate(12, 28, seed: 1), seed: 1);

        var frames = ToyTraining.Run(images, new ToyOptions());

        frames.Select(frame => frame.Step).Should().Equal(Enumerable.Range(0, 201));
        frames[0].Contacts.Should().HaveCount(45);
        frames[^1].Contacts.Should().BeEmpty();
        frames[^1].MeanRadius.Should().BeInRange(0.3, 0.5, "the blobs make room for each other, and do not shrink to points");
    }

    [Fact]
    public void Run_SameSeed_IsTheSame()
    {
        ToyFrames.Of(3)[^1].Should().BeEquivalentTo(ToyFrames.Of(3)[^1], options => options.WithStrictOrdering());
    }

    [Fact]
    public void Run_OtherSeed_IsAnother()
    {
        var options = new ToyOptions { Steps = 1, Views = 4 };

        ToyTraining.Run(ToyFrames.Images, options)[0].Loss.Should().NotBe(ToyTraining.Run(ToyFrames.Images, options with { Seed = 2 })[0].Loss);
    }

    [Fact]
    public void Validate_SeveralOutOfRange_NamesEach()
    {
        var options = new ToyOptions { Steps = 0, Views = 1, Noise = double.NaN, LearningRate = -1 };

        FluentActions.Invoking(options.Validate).Should().Throw<InvalidOptionsException>()
            .WithMessage("*Steps is 0*Views is 1*Noise is NaN*LearningRate is -1*");
    }

    [Fact]
    public void Choose_OfTwelveClasses_TakesOneImageOfEachOfTheFirstTen() =>
        ToyImages.Choose(ShapesGenerator.Generate(48, 16, seed: 1), seed: 1).Labels.Should().Equal(Enumerable.Range(0, 10));

    [Fact]
    public void Choose_TooFewClasses_IsRefused()
    {
        var images = ShapesGenerator.Generate(5, 16, seed: 1);

        FluentActions.Invoking(() => ToyImages.Choose(images, seed: 1)).Should().Throw<InvalidOptionsException>()
            .WithMessage("*one image of each of 10 classes; these 5 images have 5 classes*");
    }
}
