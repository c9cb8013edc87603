using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Embeddings;

public sealed class ImagesToEmbedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Planes_OfABatchFurtherOn_TellsTheBrokenImageByItsPlaceAmongAll()
    {
        var paths = Photographs.Draw(_folder, 4);
        File.WriteAllText(paths[3], "no picture");
        var files = FilesToEmbed.Below(Path.GetDirectoryName(paths[0])!, 24, new CentreCrop());
        var broken = new List<int>();

        var planes = files.Planes([2, 3], (image, _) => broken.Add(image), CancellationToken.None);

        broken.Should().Equal(3);
        planes.Should().HaveCount(2 * 3 * 24 * 24);
        planes[..(3 * 24 * 24)].Should().Contain(value => value > 0);
        planes[(3 * 24 * 24)..].Should().AllBeEquivalentTo((byte)0);
    }

    [Fact]
    public void Identity_OfADataset_IsOtherWhereAPixelIs()
    {
        static IEnumerable<string> Identity(byte pixel) =>
            new DatasetToEmbed(new ImageSplits(new MemoryImages([.. new byte[47], pixel], 4, 4), null)).Identity;

        Identity(1).Should().Equal(Identity(1)).And.NotEqual(Identity(2));
    }
}
