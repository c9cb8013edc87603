namespace Clamp.Losses.Samples.Data;

/// <summary>
/// Random numbers (SplitMix64) that depend on a key such as (seed, image index) alone: not on threads, on the order of
/// work or, unlike <see cref="Random"/>, on the version of the runtime.
/// </summary>
internal sealed class KeyedRandom
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>Starts the sequence that belongs to a key.</summary>
    /// <param name="key">The parts of the key; their order matters.</param>
    public KeyedRandom(params ReadOnlySpan<int> key)
    {
        foreach (int part in key)
            _state = Mix(_state + Increment + (uint)part);
    }

    /// <summary>Draws a number evenly from [0, 1).</summary>
    /// <returns>A multiple of 2^-24.</returns>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Draws a number evenly from [low, high).</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <returns>The number.</returns>
    public float Between(float low, float high) => low + (high - low) * Unit();

    /// <summary>Draws a whole number evenly from 0 to <paramref name="bound"/> - 1.</summary>
    /// <param name="bound">The number of choices, at least 1.</param>
    /// <returns>The number.</returns>
    public int Below(int bound) => (int)((Next() >> 32) * (ulong)bound >> 32);

    /// <summary>Puts items into a random order, every order being equally likely.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items, reordered in place.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = Below(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    private ulong Next() => Mix(_state += Increment);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
