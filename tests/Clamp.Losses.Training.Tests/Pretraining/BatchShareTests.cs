using Clamp.Losses.Tests.Support;
using CsCheck;

namespace Clamp.Losses.Training.Tests;

public sealed class BatchShareTests
{
    [Theory]
    [InlineData(23, 8, 0, 3)]
    [InlineData(101, 32, 0, 4)]
    [InlineData(97, 16, 5, 5)]
    [InlineData(40, 9, 4, 4)]
    public void Of_AnEpoch_GivesEachImageToOneProcess(int count, int batchSize, int chunk, int processes)
    {
        var batches = new EpochSampler(count, batchSize, seed: 3).Batches(epoch: 1).ToList();

        var images = ThreadGroup.Run(processes, group => batches.SelectMany(batch => BatchShare.Of(batch, chunk, group).Images).ToArray());

        images.SelectMany(own => own).Order().Should().Equal(Enumerable.Range(0, count));
    }

    [Fact]
    public void Of_AnySizes_CutsTheSamePartsOutOfEachChunk() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[0, 20], Gen.Int[1, 6]).Sample((images, chunk, processes) =>
        {
            var batch = Enumerable.Range(100, images).ToArray();
            var shares = Enumerable.Range(0, processes).Select(rank => BatchShare.Of(batch, chunk, new Member(rank, processes))).ToList();
            var chunks = batch.Chunk(chunk > 0 ? chunk : images).ToList();
            for (var i = 0; i < chunks.Count; i++)
            {
                var parts = shares.Select(share => share.Images.Skip(share.Chunks.Take(i).Sum()).Take(share.Chunks[i])).ToList();
                parts.SelectMany(part => part).Should().Equal(chunks[i], "the shares of a chunk are neighbours, in rank order");
                (parts.Max(part => part.Count()) - parts.Min(part => part.Count())).Should().BeLessThanOrEqualTo(1);
            }

            shares.Should().OnlyContain(share => share.Chunks.Length == chunks.Count && share.Chunks.Sum() == share.Images.Length);
        });

    private sealed record Member(int Rank, int WorldSize) : IProcessGroup
    {
        public torch.Tensor AllGather(torch.Tensor local) => throw new NotSupportedException();

        public void AllReduceSum(torch.Tensor tensor) => throw new NotSupportedException();

        public void Broadcast(torch.Tensor tensor, int root) => throw new NotSupportedException();

        public void Barrier() => throw new NotSupportedException();
    }
}
