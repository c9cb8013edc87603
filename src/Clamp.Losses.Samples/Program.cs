using Clamp.Losses.Samples.Commands;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

IdleThreads.SleepSoon();
FreedMemory.Keep();
Console.SetError(TextWriter.Synchronized(new ForgivingWriter(Console.Error)));
return CommandLine.Run(args);
