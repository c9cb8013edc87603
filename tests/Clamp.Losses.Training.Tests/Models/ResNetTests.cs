namespace Clamp.Losses.Training.Tests;

public sealed class ResNetTests
{
    public static TheoryData<EncoderKind, bool, int> Networks => new()
    {
        { EncoderKind.Tiny, true, 1 },
        { EncoderKind.Tiny, true, 2 },
        { EncoderKind.ResNet18, true, 1 },
        { EncoderKind.ResNet18, true, 2 },
        { EncoderKind.ResNet18, false, 1 },
        { EncoderKind.ResNet34, true, 1 },
        { EncoderKind.ResNet34, false, 1 },
        { EncoderKind.ResNet50, false, 1 },
    };

    [Fact]
    public void StateDict_OfResNet18_HasTorchvisionsKeys()
    {
        using var model = ResNet.ResNet18();

        model.state_dict().Keys.Should().BeEquivalentTo(TorchvisionKeys.ResNet18);
    }

    [Fact]
    public void StateDict_OfResNet34_HasTorchvisionsKeys()
    {
        using var model = ResNet.ResNet34();

        model.state_dict().Keys.Should().BeEquivalentTo(TorchvisionKeys.Of([3, 4, 6, 3], convolutions: 2, firstProjection: 2));
    }

    [Fact]
    public void StateDict_OfResNet50_HasTorchvisionsKeys()
    {
        using var model = ResNet.ResNet50();

        model.state_dict().Keys.Should().BeEquivalentTo(TorchvisionKeys.Of([3, 4, 6, 3], convolutions: 3, firstProjection: 1));
    }

    [Theory]
    [InlineData(EncoderKind.ResNet18, false, 11_176_512)]
    [InlineData(EncoderKind.ResNet18, true, 11_168_832)]
    [InlineData(EncoderKind.ResNet34, false, 21_284_672)]
    [InlineData(EncoderKind.ResNet34, true, 21_276_992)]
    [InlineData(EncoderKind.ResNet50, false, 23_508_032)]
    public void Parameters_OfAResNet_CountAsInTorchvision(EncoderKind kind, bool smallStem, long expected)
    {
        using var model = Encoders.Create(kind, smallStem);

        model.parameters().Sum(p => p.numel()).Should().Be(expected);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Constructor_WithAnotherStemPadding_Throws(int padding)
    {
        var create = () => ResNet.ResNet18(smallStem: true, padding);

        create.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("stemPadding").WithMessage($"*'{padding}'*");
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 32 })]
    [InlineData(new long[] { 2, 1, 32, 32 })]
    public void Forward_OfNoImages_NamesTheirShape(long[] shape)
    {
        using var scope = torch.NewDisposeScope();
        using var model = ResNet.Tiny();

        var encode = () => model.call(torch.zeros(shape, torch.ScalarType.Float32));

        encode.Should().Throw<ArgumentException>().WithParameterName("images")
            .WithMessage($"Images of shape [{string.Join(", ", shape)}] given; allowed: [N, 3, H, W].*");
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Forward_OfABatch_ReturnsOneFeatureVectorAnImage(EncoderKind kind, bool smallStem, int stemPadding)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Encoders.Create(kind, smallStem, stemPadding);

        var features = model.call(TestImages.Floats(2, 32, 32));

        features.shape.Should().Equal(2, model.FeatureWidth);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Forward_InEvaluationMode_MatchesTorchvisionsGraph(EncoderKind kind, bool smallStem, int stemPadding)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var model = Encoders.Create(kind, smallStem, stemPadding);
        model.call(TestImages.Floats(4, 32, 32, seed: 1)).Dispose();
        model.eval();
        var images = TestImages.Floats(2, 32, 32);

        var features = model.call(images);

        var expected = new StateDictResNet(model.state_dict(), smallStem, stemPadding).Encode(images);
        features.LargestDifference(expected).Should().BeLessThan(1e-4 * expected.abs().max().ToDouble());
    }

    [Fact]
    public void FeatureWidth_OfTiny_IsFourTimesTheFirstStage()
    {
        using var model = ResNet.Tiny(width: 8);

        model.FeatureWidth.Should().Be(32);
    }

    [Fact]
    public void Tiny_WithoutWidth_Throws()
    {
        var create = () => ResNet.Tiny(width: 0);

        create.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("width").WithMessage("*'0'*'1'*");
    }

    [Fact]
    public void Weights_OfConvolutions_HaveHesDeviationByFanOut()
    {
        using var model = ResNet.ResNet18();

        var weight = model.state_dict()["layer4.1.conv2.weight"];

        weight.std().ToDouble().Should().BeApproximately(Math.Sqrt(2.0 / (3 * 3 * 512)), 1e-4);
    }

    [Fact]
    public void Weights_OfBatchNorms_StartAsTheIdentity()
    {
        using var model = ResNet.Tiny();
        var state = model.state_dict();

        state["layer2.0.bn2.weight"].Values().Should().AllBeEquivalentTo(1f);
        state["layer2.0.bn2.bias"].Values().Should().AllBeEquivalentTo(0f);
    }

    [Fact]
    public void Forward_WithoutGradient_LeavesOnlyTheFeatures()
    {
        using var model = ResNet.ResNet18(smallStem: true);
        using var images = TestImages.Floats(1, 16, 16);
        using var noGradient = torch.no_grad();
        var before = LiveTensors.Count;

        using var features = model.call(images);

        (LiveTensors.Count - before).Should().Be(1);
    }

    [Fact]
    public void TrainingStep_Repeated_KeepsTheNumberOfLiveTensors()
    {
        using var model = ResNet.Tiny();
        using var optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum: 0.9);
        using var images = TestImages.Floats(4, 16, 16);
        Step(model, optimizer, images);
        var before = LiveTensors.Count;

        for (var i = 0; i < 5; i++)
            Step(model, optimizer, images);

        LiveTensors.Count.Should().Be(before);
    }

    [Fact]
    public void TrainingStep_OfTheWholeNetwork_ReachesEveryWeight()
    {
        using var scope = torch.NewDisposeScope();
        using var model = ResNet.Tiny();

        model.call(TestImages.Floats(4, 16, 16)).square().sum().backward();

        model.parameters().Select(p => p.grad!.abs().sum().ToDouble()).Should().OnlyContain(size => size > 0);
    }

    /// <summary>libtorch 2.10 divides by zero in the backward of a 1x1 convolution of stride 2 from 512 channels on some processors.</summary>
    [Theory]
    [InlineData(torch.ScalarType.Float32)]
    [InlineData(torch.ScalarType.BFloat16)]
    public void TrainingStep_OfResNet50_ChangesEveryWeightToAFiniteOne(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        using var model = ResNet.ResNet50(smallStem: true);
        using var optimizer = torch.optim.SGD(model.parameters(), 0.01);
        var before = model.parameters().Select(weight => weight.clone()).ToList();

        Step(model, optimizer, TestImages.Floats(8, 32, 32).to(type));

        model.parameters().Zip(before, (now, then) => (now - then).abs().sum().ToDouble()).Should()
            .OnlyContain(change => change > 0 && double.IsFinite(change));
    }

    private static void Step(ResNet model, torch.optim.Optimizer optimizer, torch.Tensor images)
    {
        using var scope = torch.NewDisposeScope();
        optimizer.zero_grad();
        model.call(images).square().mean().backward();
        optimizer.step();
    }
}
