namespace Clamp.Losses.Samples.Augmentation;

/// <summary>
/// Random numbers that depend on (seed, epoch, sample, view) alone: a view is the same whatever the batch, the order of the data or the
/// number of threads. The n-th number is the SplitMix64 hash (Steele, Lea and Flood, OOPSLA 2014) of the hashed key plus n steps.
/// </summary>
/// <remarks>A mutable struct: pass it by reference, for a copy repeats the numbers. Not for cryptography.</remarks>
public struct SampleRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _position;

    /// <summary>Starts the stream of one view.</summary>
    /// <param name="seed">The run's seed, any value.</param>
    /// <param name="epoch">The epoch, any value.</param>
    /// <param name="sample">The sample's index in its data set, any value.</param>
    /// <param name="view">The view's number, any value.</param>
    public SampleRandom(int seed, int epoch, long sample, int view)
    {
        _position = Absorb(Absorb(Absorb(Absorb(0, seed), epoch), sample), view);
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

    private static ulong Absorb(ulong key, long value) => Mix(key + Step + (ulong)value);

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
