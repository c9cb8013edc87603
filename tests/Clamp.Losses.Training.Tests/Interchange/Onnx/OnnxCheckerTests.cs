namespace Clamp.Losses.Training.Tests;

/// <summary>ONNX's own checker, of Debian's python3-onnx, finds nothing wrong.</summary>
public sealed class OnnxCheckerTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public void Check_FindsNothingWrong()
    {
        using var basic = Encoders.Create(EncoderKind.ResNet18);
        using var bottleneck = Encoders.Create(EncoderKind.ResNet50, smallStem: false);
        using var head = new ProjectionHead(basic.FeatureWidth, [48, 24]);
        var files = Enumerable.Range(0, 3).Select(i => _temporary.PathOf($"{i}.onnx")).ToArray();
        OnnxFile.Write(files[0], basic, new RunOptions());
        OnnxFile.Write(files[1], bottleneck, new RunOptions { SmallStem = false });
        OnnxFile.Write(files[2], basic, new RunOptions(), head, OnnxPrecision.Float16, "mine");

        var missing = PythonScript.Run("onnx_check.py", "onnx", files.Select(file => new { File = file }), _temporary);

        Skip.If(missing is not null, missing);
    }
}
