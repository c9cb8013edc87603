using Clamp.Losses.GpuCheck;

return GpuCheckCommand.Run(args, GpuLibraries.OfMachine, Console.Out, Console.Error);
