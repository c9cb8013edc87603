using System.Collections.Concurrent;
using System.Diagnostics;

namespace Clamp.Losses.Samples.Tests.Support;

/// <summary>The sample as a process of its own, on one thread, that can be signalled and killed.</summary>
internal sealed class SampleProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private SampleProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["OMP_NUM_THREADS"] = "1";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Collect(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Collect(_errors, line.Data);
        _process.Start();
        if (start.RedirectStandardInput)
        {
            _process.StandardInput.Close();
        }

        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output => string.Join('\n', _output);

    public string Errors => string.Join('\n', _errors);

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Sample => Path.Combine(AppContext.BaseDirectory, "Clamp.Losses.Samples.dll");

    /// <summary>Starts it with signals as a terminal leaves them: what runs in the background may have inherited that some are ignored.</summary>
    public static SampleProcess Start(params string[] arguments) =>
        new(new ProcessStartInfo("env", ["--default-signal=INT,HUP", Host, Sample, .. arguments]));

    /// <summary>Starts several that train together; skips the test where there is no mpirun.</summary>
    public static SampleProcess StartTogether(int processes, params string[] arguments)
    {
        Skip.IfNot(
            Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "mpirun"))),
            "There is no mpirun here (Debian: apt install openmpi-bin).");
        return new(new ProcessStartInfo("mpirun", ["--allow-run-as-root", "--oversubscribe", "-n", $"{processes}", Host, Sample, .. arguments])
        {
            // Mpirun reads it, and would wait for an end.
            RedirectStandardInput = true,
        });
    }

    /// <summary>Starts it where no file can grow beyond a size, as on a full disk.</summary>
    public static SampleProcess StartWithFullDisk(int fileKilobytes, params string[] arguments)
    {
        // The runtime maps its code twice through a large file, unless it is told not to.
        const string Script = "trap '' XFSZ; ulimit -f \"$1\"; shift; DOTNET_EnableWriteXorExecute=0 exec \"$@\"";
        return new(new ProcessStartInfo("bash", ["-c", Script, "bash", fileKilobytes.ToString(), Host, Sample, .. arguments]));
    }

    /// <summary>Starts it with environment variables, NAME=VALUE.</summary>
    public static SampleProcess StartWith(string[] variables, params string[] arguments) =>
        new(new ProcessStartInfo("env", [.. variables, Host, Sample, .. arguments]));

    /// <summary>Starts it where nothing can be written to the error stream.</summary>
    public static SampleProcess StartWithFullErrors(params string[] arguments) =>
        new(new ProcessStartInfo("bash", ["-c", "exec \"$@\" 2>/dev/full", "bash", Host, Sample, .. arguments]));

    /// <summary>Waits until something is so, while the process runs.</summary>
    public void WaitUntil(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            _process.HasExited.Should().BeFalse($"it should still run; it wrote\n{Output}\n{Errors}");
            clock.Elapsed.Should().BeLessThan(Patience, $"it wrote\n{Output}\n{Errors}");
            Thread.Sleep(5);
        }
    }

    /// <summary>Sends a signal such as TERM.</summary>
    public void Signal(string name) => Process.Start("kill", ["-s", name, $"{_process.Id}"]).WaitForExit();

    /// <summary>Sends a signal to one of the processes that mpirun started.</summary>
    public void Signal(string name, int rank)
    {
        var children = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Process.Start("kill", ["-s", name, children[rank]]).WaitForExit();
    }

    /// <summary>Ends it as a power cut would, at once.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits for its end and returns its exit code.</summary>
    public int WaitForExit()
    {
        _process.WaitForExit(Patience).Should().BeTrue($"it should end; it wrote\n{Output}\n{Errors}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private static void Collect(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}
