using BenchmarkDotNet.Running;
using Clamp.Losses.Benchmarks;

return args is ["plot", ..] ? PlotCommand.Run(args) : RunBenchmarks(args);

static int RunBenchmarks(string[] args)
{
    // In this process: a project that BenchmarkDotNet generates would not run the targets that make libtorch load.
    BenchmarkSwitcher.FromAssembly(typeof(LossThroughput).Assembly).Run([.. args, "--inProcess"], new BenchmarkConfig());
    return 0;
}
