using BenchmarkDotNet.Running;
using Clamp.Losses.Benchmarks;

// In this process: a project that BenchmarkDotNet generates would not run the targets that make libtorch load.
BenchmarkSwitcher.FromAssembly(typeof(LossThroughput).Assembly).Run([.. args, "--inProcess"], new BenchmarkConfig());
