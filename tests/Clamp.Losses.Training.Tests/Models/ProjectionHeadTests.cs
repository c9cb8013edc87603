namespace Clamp.Losses.Training.Tests;

public sealed class ProjectionHeadTests
{
    [Fact]
    public void StateDict_OfThreeLayers_NumbersThemAsPyTorchsSequential()
    {
        using var head = new ProjectionHead(8, [16, 16, 4]);

        head.state_dict().Keys.Should().BeEquivalentTo(
            "layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias", "layers.4.weight", "layers.4.bias");
    }

    [Fact]
    public void Forward_OfTwoLayers_IsLinearReluLinear()
    {
        using var scope = torch.NewDisposeScope();
        using var head = new ProjectionHead(3, [5, 4]);
        var state = head.state_dict();
        var features = torch.tensor(new float[] { 1, -2, 3, -4, 5, -6 }, torch.ScalarType.Float32).reshape(2, 3);

        var embeddings = head.call(features);

        var hidden = (features.mm(state["layers.0.weight"].t()) + state["layers.0.bias"]).relu();
        var expected = hidden.mm(state["layers.2.weight"].t()) + state["layers.2.bias"];
        embeddings.LargestDifference(expected).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void OutputWidth_OfAnyHead_IsTheLastWidth()
    {
        using var head = new ProjectionHead(8, [16, 4]);

        head.OutputWidth.Should().Be(4);
    }

    [Fact]
    public void Constructor_WithoutLayers_Throws()
    {
        var create = () => new ProjectionHead(8, []);

        create.Should().Throw<ArgumentException>().WithParameterName("widths").WithMessage("0 layer widths given; allowed: at least 1.*");
    }

    [Theory]
    [InlineData(0, 4, "inputWidth")]
    [InlineData(4, 0, "widths")]
    public void Constructor_WithAnEmptyLayer_Throws(int inputWidth, int width, string parameter)
    {
        var create = () => new ProjectionHead(inputWidth, [width]);

        create.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(parameter).WithMessage("*'0'*'1'*");
    }

    [Fact]
    public void Forward_WithoutGradient_LeavesOnlyTheEmbeddings()
    {
        using var head = new ProjectionHead(3, [5, 4]);
        using var features = torch.zeros(2, 3, torch.ScalarType.Float32);
        using var noGradient = torch.no_grad();
        var before = LiveTensors.Count;

        using var embeddings = head.call(features);

        (LiveTensors.Count - before).Should().Be(1);
    }
}
