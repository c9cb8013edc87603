using Clamp.Losses.Tests.Support;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>
/// The emulated kernels under the thread sanitizer, to which each CUDA thread is a thread, ordered by launches and __syncthreads alone.
/// </summary>
public sealed class RaceCheckedKernels : EmulatedKernels
{
    private readonly Lazy<string?> _obstacle;

    public RaceCheckedKernels()
        : base("thread") => _obstacle = new(FindObstacle);

    /// <summary>Skips the test where the compiler lacks the thread sanitizer, or the machine does not let it run, see <see cref="MachineComponent"/>.</summary>
    public void SkipWithoutSanitizer()
    {
        SkipWithoutCompiler();
        MachineComponent.SkipUnless(_obstacle.Value is null, $"The thread sanitizer is not there: {_obstacle.Value}");
    }

    private string? FindObstacle()
    {
        var source = Path.GetTempFileName() + ".cpp";
        File.WriteAllText(source, "int main() {}");
        var (program, log) = Compile(source);
        File.Delete(source);
        return program is null ? log : Run(program, []) is (0, _) ? null : Run(program, [])!.Value.Log;
    }
}
