using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Embeddings;

/// <summary>Work that was killed goes on, with the same bytes; what it is of must be the same.</summary>
public sealed class EmbeddingResumeTests : IDisposable
{
    private const int Count = 1200;
    private const int HeaderBytes = 64;

    // Two features and a checksum.
    private const int RowBytes = 12;

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
        var expected = Undisturbed();
        Kill(batchesBefore);

        using var second = new Sums(int.MaxValue);
        Embed(second);

        File.ReadAllBytes(Output).Should().Equal(expected);
        second.Batches.Should().Be(3 - batchesBefore);
        File.Exists(Partial).Should().BeFalse();
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(399, 3)]
    [InlineData(400, 2)]
    [InlineData(500, 2)]
    [InlineData(799, 2)]
    public void Run_AfterARowWasWrittenInPart_MakesItsBatchAgain(int row, int batches)
    {
        var expected = Undisturbed();
        Kill(batchesBefore: 2);
        var bytes = File.ReadAllBytes(Partial);
        bytes[HeaderBytes + (row * RowBytes) + 5] ^= 1;
        File.WriteAllBytes(Partial, bytes);

        using var second = new Sums(int.MaxValue);
        Embed(second);

        File.ReadAllBytes(Output).Should().Equal(expected);
        second.Batches.Should().Be(batches);
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(HeaderBytes, 3)]
    [InlineData(HeaderBytes + (400 * RowBytes) - 1, 3)]
    [InlineData(HeaderBytes + (400 * RowBytes), 2)]
    [InlineData(HeaderBytes + (799 * RowBytes), 2)]
    public void Run_AfterTheFileWasCutShort_GoesOnFromItsLastWholeBatch(int length, int batches)
    {
        var expected = Undisturbed();
        Kill(batchesBefore: 2);
        using (var file = File.OpenWrite(Partial))
        {
            file.SetLength(length);
        }

        using var second = new Sums(int.MaxValue);
        Embed(second);

        File.ReadAllBytes(Output).Should().Equal(expected);
        second.Batches.Should().Be(batches);
    }

    [Fact]
    public void Run_BrokenImagesInEveryBatch_AreLeftOutWithTheirNamesAndLabels()
    {
        int[] broken = [3, 405, 799, 1100];
        using var killed = new Sums(2);
        FluentActions.Invoking(() => Embed(killed, broken: broken)).Should().Throw<OperationCanceledException>();

        using var second = new Sums(int.MaxValue);
        var left = Embed(second, broken: broken);

        left.Should().Equal("3", "405", "799", "1100");
        second.Batches.Should().Be(1);
        using var table = EmbeddingTable.Read(Output);
        int[] kept = [.. Enumerable.Range(0, Count).Except(broken)];
        table.Names.Should().Equal(kept.Select(i => $"{i}"));
        table.Labels.Should().Equal(kept.Select(i => $"of {i}"));
        table.Embeddings.data<float>().ToArray().Should().Equal(kept.SelectMany(i => new[] { i, 7f }));
    }

    [Fact]
    public void Run_ImagesThatAreReported_AreInTheFile()
    {
        using var sums = new Sums(int.MaxValue);
        var behind = new List<long>();

        Embed(sums, report: done => behind.Add(HeaderBytes + (done * RowBytes) - new FileInfo(Partial).Length));

        behind.Should().Equal(0, 0, 0, 0);
    }

    [Fact]
    public void Run_OfNothingButBrokenImages_WritesNoFile()
    {
        using var sums = new Sums(int.MaxValue);

        var embed = () => Embed(sums, broken: [.. Enumerable.Range(0, Count)]);

        embed.Should().Throw<InvalidDataException>().WithMessage("1200 of 1200 images cannot be decoded, the first of them '0'*");
        File.Exists(Output).Should().BeFalse();
    }

    [Fact]
    public void Run_BrokenImagesSkippedBeforeTheKillAlone_NamesThem()
    {
        using var killed = new Sums(2);
        FluentActions.Invoking(() => Embed(killed, broken: [405])).Should().Throw<OperationCanceledException>();
        using var second = new Sums(int.MaxValue);

        var embed = () => Embed(second, broken: [405], skipBroken: false);

        embed.Should().Throw<InvalidDataException>().WithMessage("1 of 1200 images cannot be decoded, the first of them '405'*--skip-broken*");
        File.Exists(Output).Should().BeFalse();
        Embed(second, broken: [405]).Should().Equal("405");
    }

    [Theory]
    [InlineData("another encoder", "images", "by another encoder")]
    [InlineData("encoder", "other images", "of other images")]
    public void Run_OfSomethingElse_IsRefusedUnlessForced(string encoder, string images, string message)
    {
        Kill(batchesBefore: 1);
        using var sums = new Sums(int.MaxValue);

        var go = () => Embed(sums, encoder, images);
        go.Should().Throw<IOException>().WithMessage($"*{message}*--force*");
        Embed(sums, encoder, images, replace: true);

        sums.Batches.Should().Be(3);
    }

    private byte[] Undisturbed()
    {
        using var encoder = new Sums(int.MaxValue);
        Embed(encoder);
        var written = File.ReadAllBytes(Output);
        File.Delete(Output);
        return written;
    }

    private void Kill(int batchesBefore)
    {
        using var killed = new Sums(batchesBefore);
        FluentActions.Invoking(() => Embed(killed)).Should().Throw<OperationCanceledException>();
    }

    private IReadOnlyList<string> Embed(
        ImageEncoder encoder,
        string identity = "encoder",
        string images = "images",
        bool replace = false,
        int[]? broken = null,
        bool skipBroken = true,
        Action<int>? report = null) =>
        Embedding.Run(encoder, identity, "sums", new Numbers(images, broken ?? []), Output, skipBroken, replace, report ?? (_ => { }));

    /// <summary>Images of one pixel each.</summary>
    private sealed class Numbers(string identity, int[] brokenImages) : ImagesToEmbed(Described, 1, 1)
    {
        public override IEnumerable<string> Identity => [identity];

        private static EmbeddedImages Described { get; } = new(
            [.. Enumerable.Range(0, Count).Select(i => $"{i}")], [.. Enumerable.Range(0, Count).Select(i => $"of {i}")]);

        public override byte[] Planes(int[] batch, Action<int, Exception> broken, CancellationToken cancellation)
        {
            foreach (var image in batch.Intersect(brokenImages))
            {
                broken(image, new InvalidDataException($"{image} is broken."));
            }

            return [.. batch.SelectMany(i => new[] { (byte)i, (byte)(i / 256), (byte)7 })];
        }
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
