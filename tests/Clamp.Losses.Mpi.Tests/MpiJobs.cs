using System.Diagnostics;
using System.Text;

namespace Clamp.Losses.Mpi.Tests;

/// <summary>Starts the test program: alone, or as the processes of a job.</summary>
internal static class MpiJobs
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Clamp.Losses.Mpi.Program.dll");

    public static bool MpiIsInstalled { get; } =
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "mpirun")));

    /// <summary>Runs cases in a job of so many processes, which share this machine's cores; skips the test where there is no mpirun.</summary>
    public static JobResult Run(int ranks, params string[] cases) => RunWith([], ranks, cases);

    /// <summary>The same with environment variables.</summary>
    public static JobResult RunWith(Dictionary<string, string> variables, int ranks, params string[] cases)
    {
        Skip.IfNot(MpiIsInstalled, "There is no mpirun here (Debian: apt install openmpi-bin).");
        return Start("mpirun", ["--allow-run-as-root", "--oversubscribe", "-n", $"{ranks}", "dotnet", Program, .. cases], variables);
    }

    /// <summary>Runs cases on two hosts, network namespaces of this machine; skips the test where these cannot be made.</summary>
    public static JobResult RunOnTwoHosts(int ranksOnEach, params string[] cases)
    {
        Skip.IfNot(MpiIsInstalled && File.Exists("/usr/sbin/ip"), "mpirun and iproute2 are needed.");
        var job = Start("sh", [Path.Combine(AppContext.BaseDirectory, "two-hosts.sh"), $"{ranksOnEach}", "dotnet", Program, .. cases], []);
        Skip.If(job.ExitCode == 77, "Network namespaces cannot be made here.");
        return job;
    }

    /// <summary>Runs cases in one process that mpirun does not start.</summary>
    public static JobResult RunAlone(Dictionary<string, string> variables, params string[] cases) => Start("dotnet", [Program, .. cases], variables);

    private static JobResult Start(string program, string[] arguments, Dictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var output = new StringBuilder();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The job has not ended after {Limit}; it has said: {output}");
        }

        var ended = DateTimeOffset.UtcNow;
        process.WaitForExit();
        return new(process.ExitCode, output.ToString(), ended);

        void Append(string? line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }
}
