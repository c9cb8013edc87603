using Clamp.Losses.Tests.Support;

namespace Clamp.Losses.Training.Tests;

public sealed class BroadcastStreamTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(48)]
    [InlineData(100)]
    public void Read_GivesWhatRank0Wrote(int bytes)
    {
        var sent = Enumerable.Range(0, bytes).Select(value => (byte)(7 * value)).ToArray();

        var received = ThreadGroup.Run(3, group =>
        {
            using var stream = new BroadcastStream(group, pieceBytes: 16);
            using var copy = new MemoryStream();
            if (group.Rank == 0)
            {
                stream.Write(sent.AsSpan(0, bytes / 3));
                stream.Write(sent.AsSpan(bytes / 3));
                copy.Write(sent);
            }
            else
            {
                stream.CopyTo(copy);
            }

            stream.Complete();
            return copy.ToArray();
        });

        received.Should().AllSatisfy(copy => copy.Should().Equal(sent));
    }

    [Fact]
    public void Complete_OfAReaderThatLeftSomeUnread_CallsAsOftenAsTheWriter()
    {
        var calls = ThreadGroup.Run(2, group =>
        {
            using var stream = new BroadcastStream(group, pieceBytes: 16);
            if (group.Rank == 0)
            {
                stream.Write(new byte[100]);
            }
            else
            {
                stream.ReadByte();
            }

            stream.Complete();
            return group.Calls;
        });

        calls.Should().Equal(7, 7);
    }
}
