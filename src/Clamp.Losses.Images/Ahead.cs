namespace Clamp.Losses.Images;

/// <summary>Work that is done in the background before its result is asked for.</summary>
public static class Ahead
{
    /// <summary>Starts work on some items before their turn, on threads of the pool.</summary>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    /// <typeparam name="TResult">The type of a result.</typeparam>
    /// <param name="items">The items, read on the caller's thread.</param>
    /// <param name="work">Makes the result of an item.</param>
    /// <param name="depth">How many items after the current one may be worked on, at least 0.</param>
    /// <returns>
    /// The items in their order, each with its result, which may be a failure. Leaving the enumeration cancels the work that is under way
    /// and waits for its end; what it made and nobody was given is disposed.
    /// </returns>
    public static IEnumerable<(TItem Item, Task<TResult> Result)> Of<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, CancellationToken, TResult> work, int depth)
    {
        using var stop = new CancellationTokenSource();
        var started = new Queue<(TItem Item, Task<TResult> Result)>();
        Task given = Task.CompletedTask;
        try
        {
            foreach (var item in items)
            {
                started.Enqueue((item, Task.Run(() => work(item, stop.Token))));
                if (started.Count > depth)
                {
                    var next = started.Dequeue();
                    given = next.Result;
                    yield return next;
                }
            }

            while (started.TryDequeue(out var next))
            {
                given = next.Result;
                yield return next;
            }
        }
        finally
        {
            stop.Cancel();
            Task.WhenAll(started.Select(pair => pair.Result).Append(given)).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
            foreach (var (_, result) in started.Where(pair => pair.Result.IsCompletedSuccessfully))
            {
                (result.Result as IDisposable)?.Dispose();
            }
        }
    }
}
