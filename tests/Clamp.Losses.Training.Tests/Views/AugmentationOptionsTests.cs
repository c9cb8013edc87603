namespace Clamp.Losses.Training.Tests;

public sealed class AugmentationOptionsTests
{
    public static TheoryData<AugmentationOptions, string> Faulty => new()
    {
        { new() { CropScaleMin = 0 }, "CropScaleMin is 0; it must be above 0 and at most CropScaleMax." },
        { new() { CropScaleMax = 1.5 }, "CropScaleMax is 1.5; it must be at most 1." },
        {
            new() { AspectRatioMin = 2, AspectRatioMax = 1 },
            "AspectRatioMin is 2; it must be above 0 and at most AspectRatioMax."
        },
        { new() { FlipProbability = -0.1 }, "FlipProbability is -0.1; it must be from 0 to 1." },
        { new() { JitterProbability = 1.1 }, "JitterProbability is 1.1; it must be from 0 to 1." },
        { new() { Brightness = -1 }, "Brightness is -1; it must be a finite number of at least 0." },
        { new() { Contrast = double.NaN }, "Contrast is NaN; it must be a finite number of at least 0." },
        { new() { Saturation = double.PositiveInfinity }, "Saturation is Infinity; it must be a finite number of at least 0." },
        { new() { Hue = 0.6 }, "Hue is 0.6; it must be from 0 to 0.5." },
        { new() { GrayscaleProbability = double.NaN }, "GrayscaleProbability is NaN; it must be from 0 to 1." },
        { new() { BlurProbability = 2 }, "BlurProbability is 2; it must be from 0 to 1." },
        { new() { BlurSigmaMin = 0 }, "BlurSigmaMin is 0; it must be above 0 and at most BlurSigmaMax." },
        { new() { SolarizeProbability = -1 }, "SolarizeProbability is -1; it must be from 0 to 1." },
        { new() { SolarizeThreshold = 128 }, "SolarizeThreshold is 128; it must be from 0 to 1." },
    };

    [Fact]
    public void Validate_OfTheDefaults_Passes()
    {
        var validate = () => new AugmentationOptions().Validate();

        validate.Should().NotThrow();
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void Validate_OfAValueOutOfRange_NamesItAndWhatIsAllowed(AugmentationOptions options, string message)
    {
        var validate = options.Validate;

        validate.Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void Validate_OfSeveralFaults_ListsAll()
    {
        var validate = new AugmentationOptions { Hue = 1, FlipProbability = 7 }.Validate;

        validate.Should().Throw<ArgumentException>().WithMessage("FlipProbability is 7;*Hue is 1;*");
    }
}
