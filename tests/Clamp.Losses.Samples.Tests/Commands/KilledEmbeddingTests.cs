using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Embedding that is killed, as a process of its own.</summary>
public sealed class KilledEmbeddingTests : IDisposable
{
    private const int Images = 200;

    // At 224 pixels.
    private const int Batch = 50;

    // Header, and rows of 64 features and a checksum.
    private const int HeaderBytes = 64;
    private const int RowBytes = 65 * sizeof(float);

    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.PathOf("table.npy");

    private string Partial => Output + ".partial";

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Embed_KilledInTheMiddle_GoesOnWithoutEmbeddingAnImageAgain()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "It starts processes by env.");
        var photographs = Photographs.Draw(_folder, 4);
        string[] paths = [.. Enumerable.Range(0, Images).Select(i => Path.Combine(Path.GetDirectoryName(photographs[0])!, $"{i:D3}.jpg"))];
        foreach (var (i, path) in paths.Index())
        {
            File.Copy(photographs[i * 7 % 4], path);
        }

        Array.ForEach(photographs, File.Delete);
        var options = new RunOptions { ImageSize = 224, Encoder = EncoderKind.Tiny };
        using (var encoder = options.InitialEncoder(torch.CPU))
        {
            RunFolder.Create(_folder.PathOf("run"), options).SaveEncoder(encoder);
        }

        string[] command = ["embed", "--run", _folder.PathOf("run"), "--data-root", Path.GetDirectoryName(paths[0])!, "--output"];
        using var undisturbed = SampleProcess.Start([.. command, _folder.PathOf("undisturbed.npy")]);
        undisturbed.WaitForExit().Should().Be(0, undisturbed.Errors);

        using var killed = SampleProcess.Start([.. command, Output]);
        killed.WaitUntil(() => File.Exists(Partial) && new FileInfo(Partial).Length >= HeaderBytes + (Batch * RowBytes));
        killed.Kill();
        var done = (int)((new FileInfo(Partial).Length - HeaderBytes) / RowBytes / Batch * Batch);
        done.Should().BeInRange(Batch, Images - Batch, "it was killed in the middle");
        File.Exists(Output).Should().BeFalse();

        // Whoever decoded one of these again would say so.
        Array.ForEach(paths[..done], Break);
        using var again = SampleProcess.Start([.. command, Output]);
        again.WaitForExit().Should().Be(0, again.Errors);

        File.ReadAllBytes(Output).Should().Equal(File.ReadAllBytes(_folder.PathOf("undisturbed.npy")));
        File.ReadAllBytes(Output + ".json").Should().Equal(File.ReadAllBytes(_folder.PathOf("undisturbed.npy.json")));
        File.Exists(Partial).Should().BeFalse();
        again.Output.Should().Contain($"embedded {done}/{Images}");
    }

    /// <summary>Makes a file no picture, of the same size and time.</summary>
    private static void Break(string path)
    {
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllBytes(path, new byte[new FileInfo(path).Length]);
        File.SetLastWriteTimeUtc(path, time);
    }
}
