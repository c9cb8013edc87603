using System.CommandLine;
using BenchmarkDotNet.Running;
using Clamp.Losses.Benchmarks;

var commands = new RootCommand("Benchmarks of Clamp.Losses.") { PlotCommand.Create(), TrainingStepCommand.Create() };
return commands.Subcommands.Any(command => command.Name == args.FirstOrDefault()) ? commands.Parse(args).Invoke() : RunBenchmarks(args);

static int RunBenchmarks(string[] args)
{
    // In this process: a project that BenchmarkDotNet generates would not run the targets that make libtorch load.
    BenchmarkSwitcher.FromAssembly(typeof(LossThroughput).Assembly).Run([.. args, "--inProcess"], new BenchmarkConfig());
    return 0;
}
