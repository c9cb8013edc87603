using Clamp.Losses.Samples.Models;
using Clamp.Losses.Samples.Tests.Support;

namespace Clamp.Losses.Samples.Tests.Models;

public sealed class ResNetTests
{
    public static TheoryData<string, bool> Networks => new()
    {
        { nameof(ResNet.Tiny), true },
        { nameof(ResNet.ResNet18), true },
        { nameof(ResNet.ResNet18), false },
        { nameof(ResNet.ResNet50), false },
    };

    [Fact]
    public void StateDict_OfResNet18_HasTorchvisionsKeys()
    {
        using var model = ResNet.ResNet18();

        model.state_dict().Keys.Should().BeEquivalentTo(TorchvisionKeys.ResNet18);
    }

    [Theory]
    [InlineData(false, 11_176_512)]
    [InlineData(true, 11_168_832)]
    public void Parameters_OfResNet18_CountAsInTorchvision(bool smallStem, long expected)
    {
        using var model = ResNet.ResNet18(smallStem);

        model.parameters().Sum(p => p.numel()).Should().Be(expected);
    }

    [Fact]
    public void Parameters_OfResNet50_CountAsInTorchvision()
    {
        using var model = ResNet.ResNet50();

        model.parameters().Sum(p => p.numel()).Should().Be(23_508_032);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Forward_OfABatch_ReturnsOneFeatureVectorAnImage(string network, bool smallStem)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Create(network, smallStem);

        var features = model.call(TestImages.Floats(2, 32, 32));

        features.shape.Should().Equal(2, model.FeatureWidth);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Forward_InEvaluationMode_MatchesTorchvisionsGraph(string network, bool smallStem)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var model = Create(network, smallStem);
        model.call(TestImages.Floats(4, 32, 32, seed: 1)).Dispose();
        model.eval();
        var images = TestImages.Floats(2, 32, 32);

        var features = model.call(images);

        var expected = new StateDictResNet(model.state_dict(), smallStem).Encode(images);
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

    private static ResNet Create(string network, bool smallStem) => network switch
    {
        nameof(ResNet.ResNet18) => ResNet.ResNet18(smallStem),
        nameof(ResNet.ResNet50) => ResNet.ResNet50(smallStem),
        _ => ResNet.Tiny(),
    };

    private static void Step(ResNet model, torch.optim.Optimizer optimizer, torch.Tensor images)
    {
        using var scope = torch.NewDisposeScope();
        optimizer.zero_grad();
        model.call(images).square().mean().backward();
        optimizer.step();
    }
}
