using System.CommandLine;
using BenchmarkDotNet.Running;
using Clamp.Losses.Benchmarks;

var commands = new RootCommand("Benchmarks of Clamp.Losses.")
{
    PlotCommand.Create(), TrainingStepCommand.Create(), GroupStepCommand.Create(), GroupModelCommand.Create(),
    EmbedCommand.Create(),
};
return commands.Subcommands.Any(command => command.Name == args.FirstOrDefault()) ? commands.Parse(args).Invoke() : RunBenchmarks(args);

static int RunBenchmarks(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(LossThroughput).Assembly).Run(args, new BenchmarkConfig());
    return 0;
}
