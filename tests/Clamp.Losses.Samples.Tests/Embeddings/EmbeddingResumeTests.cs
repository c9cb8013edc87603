using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Embeddings;

/// <summary>Work that was killed goes on, with the same bytes; what it is of must be the same.</summary>
public sealed class EmbeddingResumeTests : IDisposable
{
    private const int Count = 1200;
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.PathOf("table.npy");

    private string Partial => Output + ".partial";

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_AfterAKill_EncodesWhatIsLeftAndWritesTheSame(int batchesBefore)
    {
        using var first = new Sums(int.MaxValue);
        Embed(first);
        var expected = File.ReadAllBytes(Output);
        File.Delete(Output);
        using var killed = new Sums(batchesBefore);
        FluentActions.Invoking(() => Embed(killed)).Should().Throw<OperationCanceledException>();

        using var second = new Sums(int.MaxValue);
        Embed(second);

        File.ReadAllBytes(Output).Should().Equal(expected);
        second.Batches.Should().Be(first.Batches - batchesBefore);
        File.Exists(Partial).Should().BeFalse();
    }

    [Fact]
    public void Run_AfterARowWasWrittenInPart_MakesItAgain()
    {
        using var first = new Sums(int.MaxValue);
        Embed(first);
        var expected = File.ReadAllBytes(Output);
        using var killed = new Sums(2);
        FluentActions.Invoking(() => Embed(killed)).Should().Throw<OperationCanceledException>();
        var bytes = File.ReadAllBytes(Partial);
        bytes[64 + (500 * 12) + 5] ^= 1;
        File.WriteAllBytes(Partial, bytes);

        using var second = new Sums(int.MaxValue);
        Embed(second);

        File.ReadAllBytes(Output).Should().Equal(expected);
        second.Batches.Should().Be(2, "the row is of the second batch of three");
    }

    [Theory]
    [InlineData("another encoder", "images", "by another encoder")]
    [InlineData("encoder", "other images", "of other images")]
    public void Run_OfSomethingElse_IsRefusedUnlessForced(string encoder, string images, string message)
    {
        using var killed = new Sums(1);
        FluentActions.Invoking(() => Embed(killed)).Should().Throw<OperationCanceledException>();
        using var sums = new Sums(int.MaxValue);

        var go = () => Embed(sums, encoder, images);
        go.Should().Throw<IOException>().WithMessage($"*{message}*--force*");
        Embed(sums, encoder, images, replace: true);

        sums.Batches.Should().Be(3);
    }

    private void Embed(ImageEncoder encoder, string identity = "encoder", string images = "images", bool replace = false) =>
        Embedding.Run(encoder, identity, "sums", new Numbers(images), Output, skipBroken: false, replace, _ => { });

    /// <summary>Images of one pixel each.</summary>
    private sealed class Numbers(string identity) : ImagesToEmbed(new EmbeddedImages([.. Enumerable.Range(0, Count).Select(i => $"{i}")]), 1, 1)
    {
        public override IEnumerable<string> Identity => [identity];

        public override byte[] Planes(int[] batch, Action<int, Exception> broken, CancellationToken cancellation) =>
            [.. batch.SelectMany(i => new[] { (byte)i, (byte)(i / 256), (byte)7 })];
    }

    /// <summary>An encoder of two features that is killed after some batches.</summary>
    private sealed class Sums(int batches) : ImageEncoder(1, new CentreCrop(), _ => throw new NotSupportedException())
    {
        public override int FeatureWidth => 2;

        public int Batches { get; private set; }

        protected override float[] EncodeBatch(byte[] planes, int count, int height, int width)
        {
            if (Batches == batches)
            {
                throw new OperationCanceledException();
            }

            Batches++;
            return [.. planes.Chunk(3).SelectMany(pixel => new[] { pixel[0] + (256f * pixel[1]), pixel[2] })];
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
