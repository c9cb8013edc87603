using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Clamp.Losses.Training.Tests;

/// <summary>An exported encoder in ONNX Runtime, on one thread as the other tests.</summary>
internal sealed class OnnxRuntimeSession : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRuntimeSession(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(path, options);
    }

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>The features of images from 0 to 1, [N, 3, H, W].</summary>
    public torch.Tensor Features(torch.Tensor images)
    {
        var shape = images.shape.Select(size => (int)size).ToArray();
        var given = new DenseTensor<float>(images.contiguous().data<float>().ToArray(), shape);
        using var results = _session.Run([NamedOnnxValue.CreateFromTensor("images", given)]);
        var features = results.Single().AsTensor<float>();
        return torch.tensor(features.ToArray()).reshape([.. features.Dimensions.ToArray().Select(size => (long)size)]);
    }

    public void Dispose() => _session.Dispose();
}
