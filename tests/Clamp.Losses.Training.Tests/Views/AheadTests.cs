namespace Clamp.Losses.Training.Tests;

public sealed class AheadTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Of_ManyItems_GivesResultsInOrder(int depth)
    {
        // Earlier items take longer.
        var results = Ahead.Of(Enumerable.Range(0, 20), (i, _) => { Thread.Sleep(20 - i); return i * i; }, depth)
            .Select(pair => (pair.Item, pair.Result.GetAwaiter().GetResult()));

        results.Should().Equal(Enumerable.Range(0, 20).Select(i => (i, i * i)));
    }

    [Fact]
    public void Of_ManyItems_StartsNoMoreThanTheDepthAllows()
    {
        int taken = 0;
        IEnumerable<int> Items()
        {
            for (int i = 0; i < 10; i++)
            {
                taken++;
                yield return i;
            }
        }

        var seen = Ahead.Of(Items(), (i, _) => i, depth: 2).Select(pair => taken - pair.Item).ToList();

        seen[..8].Should().OnlyContain(started => started == 3);
    }

    [Fact]
    public void Of_CurrentItem_HasTheNextOneUnderWay()
    {
        using var secondStarted = new ManualResetEventSlim();
        foreach (var (item, _) in Ahead.Of([0, 1], (i, _) => { if (i == 1) secondStarted.Set(); return i; }, depth: 1))
        {
            if (item == 0)
                secondStarted.Wait(TimeSpan.FromSeconds(30)).Should().BeTrue();
        }
    }

    [Fact]
    public void Of_FailingItem_FailsInItsTurnWithItsOwnException()
    {
        var results = Ahead.Of(Enumerable.Range(0, 4), (i, _) => i == 2 ? throw new InvalidDataException("two") : i, depth: 3);
        var seen = new List<int>();

        var act = () => seen.AddRange(results.Select(pair => pair.Result.GetAwaiter().GetResult()));

        act.Should().Throw<InvalidDataException>().WithMessage("two");
        results.Take(2).Select(pair => pair.Item).Should().Equal(0, 1);
    }

    [Fact]
    public void Of_LeftEarly_CancelsAndAwaitsWhatIsUnderWay()
    {
        int running = 0;
        int cancelled = 0;
        int Work(int item, CancellationToken stop)
        {
            Interlocked.Increment(ref running);
            if (item > 0 && stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)))
                Interlocked.Increment(ref cancelled);
            Interlocked.Decrement(ref running);
            return item;
        }

        foreach (var (_, result) in Ahead.Of(Enumerable.Range(0, 5), Work, depth: 2))
        {
            result.IsFaulted.Should().BeFalse();
            break;
        }

        running.Should().Be(0);
        cancelled.Should().BeLessThanOrEqualTo(2, "only two items were started ahead, and a pool without a free thread starts none");
    }
}
