using Clamp.Losses.Samples.Gallery;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Tests.Gallery;

public sealed class NeighbourhoodTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Of_RoomForAll_HasTheNeighboursOfAllThatCanBeReached()
    {
        // Two clusters, of which one is reached from the start.
        var found = Neighbourhood.Of(Line(0, 1, 2, 3, 100, 101, 102), [0], k: 2, most: 100);

        found.Keys.Should().BeEquivalentTo([0, 1, 2, 3]);
        found[1].Select(entry => entry.Image).Should().BeEquivalentTo([0, 2]);
    }

    [Theory]
    [InlineData(3, new[] { 0, 1 })]
    [InlineData(4, new[] { 0, 1, 2 })]
    [InlineData(5, new[] { 0, 1, 2, 3, 4 })]
    public void Of_NoRoomForMore_LeavesOutImagesWhoseNeighboursDoNotFit(int most, int[] expected)
    {
        var found = Neighbourhood.Of(Line(0, 1, 2.1, 3.3, 4.6), [0], k: 2, most);

        found.Keys.Should().BeEquivalentTo(expected);
        found.Values.SelectMany(entries => entries.Select(entry => entry.Image)).Concat(found.Keys).Distinct().Count().Should().BeLessThanOrEqualTo(most);
    }

    // Points on a circle at angles in degrees.
    private static Tensor Line(params double[] degrees) =>
        tensor(degrees.SelectMany(angle => new[] { (float)Math.Cos(angle * Math.PI / 180), (float)Math.Sin(angle * Math.PI / 180) }).ToArray()).reshape(-1, 2);
}
