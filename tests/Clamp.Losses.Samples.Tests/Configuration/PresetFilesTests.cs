using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Tests.Configuration;

public sealed class PresetFilesTests
{
    public static TheoryData<string> Names => [.. PresetFiles.Names];

    [Fact]
    public void Names_AreTheDocumentedOnes() => PresetFiles.Names.Should().Equal(
        "cifar10", "cifar10-cpu", "fashion-mnist-cpu", "imagenet100-4views", "imagenet100-8views", "imagenet1k-4views", "imagenet1k-8views",
        "shapes-cpu");

    [Theory]
    [MemberData(nameof(Names))]
    public void Load_AnyPreset_IsValidOnceItsFilesAreNamed(string name) =>
        Resolved(name).Invoking(options => options.Validate()).Should().NotThrow();

    [Fact]
    public void Load_UnknownPreset_ListsTheKnown()
    {
        var act = () => PresetFiles.Load("../cifar10");

        act.Should().Throw<ArgumentException>().WithMessage("--preset is '../cifar10'; it must be one of cifar10, *shapes-cpu.");
    }

    [Fact]
    public void ShapesCpu_IsTheDefaults() =>
        Resolved("shapes-cpu").Should().BeEquivalentTo(new RunOptions { DataRoot = "." });

    [Theory]
    [InlineData("cifar10-cpu", DatasetKind.Cifar10, 4000, 15)]
    [InlineData("fashion-mnist-cpu", DatasetKind.FashionMnist, 20_000, 3)]
    public void OtherCpuPresets_AreTheDefaultsButForTheirImages(string name, DatasetKind dataset, int images, int epochs) =>
        Resolved(name).Should().BeEquivalentTo(new RunOptions { DataRoot = ".", Dataset = dataset, TrainImages = images, Epochs = epochs });

    [Fact]
    public void OfThePaper_AllExist() => PresetFiles.Names.Should().Contain(PresetFiles.OfThePaper);

    /// <summary>The paper's examples/cifar10/config.ini; its batch of 128 takes the linearly scaled 0.1 to 0.05.</summary>
    [Fact]
    public void Cifar10_HasThePapersValues()
    {
        var options = Resolved("cifar10");

        options.Should().BeEquivalentTo(new RunOptions
        {
            Dataset = DatasetKind.Cifar10,
            DataRoot = ".",
            Encoder = EncoderKind.ResNet18,
            SmallStem = true,
            StemPadding = 2,
            Projection = [2048, 256],
            Epochs = 1000,
            BatchSize = 128,
            Views = 16,
            Optimizer = OptimizerKind.Lars,
            LearningRate = 0.1,
            LearningRateScaling = LearningRateScaling.Linear,
            WarmupShare = 10.0 / 1000,
            WeightDecay = 1e-6,
            Momentum = 0.9,
            TrustCoefficient = 0.001,
            Clamp = new ClampLossOptions { RadiusScale = 7 },
            Normalisation = Normalisation.Named["cifar10"],
            Augmentation = new AugmentationOptions
            {
                CropScaleMin = 0.08,
                Brightness = 0.8,
                Contrast = 0.8,
                Saturation = 0.8,
                Hue = 0.2,
                BlurProbability = 0.5,
            },
        });
        options.PeakLearningRate().Should().BeApproximately(0.05, 1e-12);
    }

    /// <summary>The paper's examples/imagenet*/config.ini, but for the 4 views in its file of ImageNet-100 with 8.</summary>
    [Theory]
    [InlineData("imagenet100-4views", 4, 200, 2.0, 4.0)]
    [InlineData("imagenet100-8views", 8, 200, 2.0, 4.0)]
    [InlineData("imagenet1k-4views", 4, 100, 1.1, 2.2)]
    [InlineData("imagenet1k-8views", 8, 100, 1.1, 2.2)]
    public void ImageNet_HasThePapersValues(string name, int views, int epochs, double learningRate, double peak)
    {
        var options = Resolved(name);

        options.Should().BeEquivalentTo(new RunOptions
        {
            Dataset = DatasetKind.ImageFolder,
            DataRoot = ".",
            ImageSize = 224,
            Encoder = EncoderKind.ResNet50,
            SmallStem = false,
            Projection = [8192, 8192, 512],
            Epochs = epochs,
            BatchSize = 512,
            Views = views,
            Optimizer = OptimizerKind.Lars,
            LearningRate = learningRate,
            LearningRateScaling = LearningRateScaling.Linear,
            WarmupShare = 10.0 / epochs,
            WeightDecay = 1e-6,
            Momentum = 0.9,
            TrustCoefficient = 0.001,
            Clamp = new ClampLossOptions { RadiusScale = 8.5 },
            Normalisation = Normalisation.Named["imagenet"],
            EvaluationResize = 256,
            Augmentation = ImageNetViews(blur: 1, solarize: 0),
            AlternateAugmentation = ImageNetViews(blur: 0.1, solarize: 0.2),
        });
        options.PeakLearningRate().Should().BeApproximately(peak, 1e-12);
    }

    private static AugmentationOptions ImageNetViews(double blur, double solarize) => new()
    {
        CropScaleMin = 0.08,
        Brightness = 0.4,
        Contrast = 0.4,
        Saturation = 0.2,
        Hue = 0.1,
        BlurProbability = blur,
        SolarizeProbability = solarize,
    };

    private static RunOptions Resolved(string name) => PretrainConfiguration.Resolve(
        [PresetFiles.Load(name), ConfigurationLayer.FromValues([KeyValuePair.Create("DataRoot", (string?)".")], "")]);
}
