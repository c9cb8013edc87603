using Clamp.Losses.Samples.Commands;

return CommandLine.Run(args);
