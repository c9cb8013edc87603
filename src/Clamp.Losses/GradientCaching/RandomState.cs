using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.GradientCaching;

/// <summary>
/// A point in the stream of torch's random numbers that can be returned to. The CPU generator's state is kept; a CUDA generator's cannot
/// be read in TorchSharp 0.107, so it is seeded from the CPU's here, and again on return.
/// </summary>
internal sealed class RandomState
{
    private readonly Tensor _cpu;
    private readonly long? _cudaSeed;

    private RandomState(Tensor cpu, long? cudaSeed) => (_cpu, _cudaSeed) = (cpu, cudaSeed);

    /// <summary>Marks the present point; its tensor belongs to the current dispose scope.</summary>
    /// <param name="device">The device whose random numbers matter, beside the CPU's.</param>
    public static RandomState Mark(Device device)
    {
        long? cudaSeed = device.type == DeviceType.CUDA ? randint(long.MaxValue, [1], dtype: int64, device: CPU).item<long>() : null;
        var state = new RandomState(random.get_rng_state(), cudaSeed);
        state.SeedCuda();
        return state;
    }

    /// <summary>Returns to the point.</summary>
    public void Restore()
    {
        random.set_rng_state(_cpu);
        SeedCuda();
    }

    private void SeedCuda()
    {
        if (_cudaSeed is { } seed)
        {
            cuda.manual_seed_all(seed);
        }
    }
}
