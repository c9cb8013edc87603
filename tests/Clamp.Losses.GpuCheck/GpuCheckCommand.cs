using System.CommandLine;

namespace Clamp.Losses.GpuCheck;

/// <summary>The command line: checks the CUDA kernels on this machine's GPU, then times them.</summary>
internal static class GpuCheckCommand
{
    /// <summary>Exit code when an error is too large, or a kernel crashed.</summary>
    public const int Failed = 1;

    /// <summary>Exit code when driver, compiler or GPU is missing, or cuBLAS where times are wanted.</summary>
    public const int Missing = 2;

    /// <summary>The paper's CIFAR-10 batch, then its ImageNet batch and what lies around it, with four views and with two.</summary>
    private static readonly (int Views, int Images, int Width)[] Timed =
    [
        (16, 128, 256),
        .. from views in new[] { 4, 2 }
           from images in new[] { 128, 512, 4096, 16384, 32768 }
           from width in new[] { 256, 512 }
           select (views, images, width),
    ];

    /// <summary>Runs it.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="libraries">Finds the CUDA libraries.</param>
    /// <param name="output">For results.</param>
    /// <param name="error">For what went wrong.</param>
    /// <returns>The exit code: 0 when all passed.</returns>
    public static int Run(string[] args, Func<GpuLibraries> libraries, TextWriter output, TextWriter error)
    {
        var check = new Option<bool>("--check") { Description = "Only compare the kernels with float64 on the CPU." };
        var time = new Option<bool>("--time") { Description = "Only time the kernels." };
        var device = new Option<int>("--device") { Description = "Which GPU.", HelpName = "N" };
        device.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError($"--device {result.GetValueOrDefault<int>()} was given; it must be 0 or more.");
            }
        });
        var command = new RootCommand("Check the CUDA kernels of Clamp.Losses on a GPU, then time them.") { check, time, device };
        command.SetAction(arguments =>
        {
            var (onlyCheck, onlyTime) = (arguments.GetValue(check), arguments.GetValue(time));
            return Run(libraries, arguments.GetValue(device), onlyCheck || !onlyTime, onlyTime || !onlyCheck, output, error);
        });
        return command.Parse(args).Invoke(new InvocationConfiguration { Output = output, Error = error });
    }

    private static int Run(Func<GpuLibraries> libraries, int ordinal, bool check, bool time, TextWriter output, TextWriter error)
    {
        Gpu gpu;
        try
        {
            gpu = new Gpu(libraries(), ordinal);
        }
        catch (InvalidOperationException exception)
        {
            error.WriteLine(exception.Message);
            return Missing;
        }

        using (gpu)
        {
            try
            {
                output.WriteLine($"GPU: {gpu.Name}. Products: {(gpu.WithoutCublas is null ? "cuBLAS" : "a plain kernel")}.");
                output.WriteLine();
                var passed = !check || KernelCheck.Run(gpu, CheckCase.All, output);
                if (time && gpu.WithoutCublas is { } reason)
                {
                    error.WriteLine($"--time needs cuBLAS, whose products are most of a large step. {reason}");
                    return passed ? Missing : Failed;
                }

                if (time)
                {
                    output.WriteLine();
                    new KernelTiming(gpu, output).Run(Timed);
                }

                return passed ? 0 : Failed;
            }
            catch (InvalidOperationException exception)
            {
                error.WriteLine(exception.Message);
                return Failed;
            }
        }
    }
}
