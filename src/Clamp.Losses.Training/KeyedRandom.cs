namespace Clamp.Losses.Training;

/// <summary>
/// Random numbers that depend on a key such as (seed, epoch, sample, view) alone: not on threads, on the order of work or, unlike
/// <see cref="Random"/>, on the version of the runtime. The n-th number is the SplitMix64 hash (Steele, Lea and Flood, OOPSLA 2014) of
/// the hashed key plus n steps. Not for cryptography.
/// </summary>
public sealed class KeyedRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _position;

    /// <summary>Starts the stream of a key.</summary>
    /// <param name="key">The parts of the key, any values; their order matters.</param>
    public KeyedRandom(params ReadOnlySpan<long> key)
    {
        foreach (var part in key)
        {
            _position = Mix(_position + Step + (ulong)part);
        }
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        _position += Step;
        return Mix(_position);
    }

    /// <summary>A number in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [<paramref name="min"/>, <paramref name="max"/>); <paramref name="min"/> where the two are equal.</summary>
    /// <param name="min">The lower end, finite.</param>
    /// <param name="max">The upper end, finite and at least <paramref name="min"/>.</param>
    public double Uniform(double min, double max) => min + ((max - min) * NextDouble());

    /// <summary>An integer in [0, <paramref name="count"/>).</summary>
    /// <param name="count">How many values are possible, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public int NextInt(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return (int)Math.BigMul(NextUInt64(), (ulong)count, out _);
    }

    /// <summary>True with the given probability; always draws one number, so that later draws do not depend on it.</summary>
    /// <param name="probability">From 0 (never) to 1 (always).</param>
    public bool Bernoulli(double probability) => NextDouble() < probability;

    /// <summary>Puts items into a random order, every order being equally likely.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items, reordered in place.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = NextInt(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
