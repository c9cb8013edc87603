using Clamp.Losses.Samples.Commands;
using Clamp.Losses.Samples.Terminal;

Console.SetError(TextWriter.Synchronized(new ForgivingWriter(Console.Error)));
return CommandLine.Run(args);
