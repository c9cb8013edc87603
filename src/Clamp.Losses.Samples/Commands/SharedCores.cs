using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>The threads of processes that share a machine: as many in all as there are cores.</summary>
public static class SharedCores
{
    private const string Variable = "OMP_NUM_THREADS";

    /// <summary>Sets the threads that torch computes with.</summary>
    /// <param name="threads">How many; 0 for the process's share of the cores, unless the environment tells (OMP_NUM_THREADS).</param>
    /// <param name="processes">The number of processes on this machine.</param>
    /// <returns>What the user should know, or null.</returns>
    public static string? Use(int threads, int processes)
    {
        if (threads > 0)
        {
            set_num_threads(threads);
        }
        else if (processes > 1 && Environment.GetEnvironmentVariable(Variable) is null)
        {
            var (usable, bound, all) = (Environment.ProcessorCount, Count(Bound()), Count(Online()));
            set_num_threads(Share(usable, bound, all, processes));
            return bound < all / processes
                ? $"this process may use {bound} of the machine's {all} cores; if mpirun bound it to them, --bind-to none gives it {all / processes}."
                : null;
        }

        return null;
    }

    /// <summary>The threads of one process.</summary>
    /// <param name="usable">The cores that it may use, or a container's processor time, whichever is less.</param>
    /// <param name="bound">The cores that it is bound to.</param>
    /// <param name="all">The cores of the machine.</param>
    /// <param name="processes">The processes on the machine.</param>
    /// <returns>At least 1.</returns>
    public static int Share(int usable, int bound, int all, int processes) =>
        Math.Max(1, bound < all ? Math.Min(usable, all / processes) : usable / processes);

    /// <summary>The number of cores in a list such as 0-3,5.</summary>
    /// <param name="list">Linux's; null for the cores that .NET sees.</param>
    /// <returns>At least 1.</returns>
    public static int Count(string? list) => list is null
        ? Environment.ProcessorCount
        : list.Split(',').Select(range => range.Split('-').Select(int.Parse).ToArray()).Sum(ends => ends[^1] - ends[0] + 1);

    private static string? Online() => Line("/sys/devices/system/cpu/online", "");

    private static string? Bound() => Line("/proc/self/status", "Cpus_allowed_list:");

    private static string? Line(string file, string prefix) => File.Exists(file)
        ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..].Trim()
        : null;
}
