using Clamp.Losses.Training.Onnx;
using Google.Protobuf;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using DataType = Clamp.Losses.Training.Onnx.TensorProto.Types.DataType;

namespace Clamp.Losses.Training;

/// <summary>
/// Encoders as ONNX files, for programs without torch: from <c>images</c>, [N, 3, H, W] of values from 0 to 1, to <c>features</c>, [N, F],
/// both float32, of any N, H and W. The normalisation is part of the graph.
/// </summary>
public static class OnnxFile
{
    // Both of 2022, so that every runtime of the last years reads them.
    private const int FormatVersion = 8;
    private const int OperatorVersion = 17;
    private const int Channels = 3;

    /// <summary>Writes an encoder as it computes in eval mode, and in the metadata what images it expects.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoder">
    /// A <see cref="ResNet"/>, or a <see cref="TorchSharp.Modules.Sequential"/> of residual blocks and of torch's Conv2d, BatchNorm2d, ReLU, MaxPool2d,
    /// AdaptiveAvgPool2d, Flatten, Linear, Dropout and Identity, that makes [N, F] of normalised images [N, 3, H, W] whatever H and W.
    /// </param>
    /// <param name="options">The options it was trained with; <see cref="RunOptions"/> tell more than others.</param>
    /// <param name="head">The projection head, for its embeddings in place of the encoder's features; null for none.</param>
    /// <param name="precision">What is stored and computed in.</param>
    /// <param name="run">The name of the run, for the metadata; null for none.</param>
    /// <exception cref="NotSupportedException">A part of the network cannot be exported; the message names it, and what can.</exception>
    /// <exception cref="InvalidOptionsException">The normalisation cannot be used.</exception>
    /// <exception cref="TrainingDivergedException">A weight is NaN or infinite, or, in float16, beyond 65504.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there is kept.</exception>
    public static void Write(
        string path,
        Module<Tensor, Tensor> encoder,
        PretrainOptions options,
        ProjectionHead? head = null,
        OnnxPrecision precision = OnnxPrecision.Float32,
        string? run = null)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        options.Normalisation.Validate();
        using var unrecorded = no_grad();
        var graph = new OnnxGraph(precision);
        var width = AddNetwork(graph, encoder, head, options.Normalisation);
        var model = new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = "Clamp.Losses",
            ProducerVersion = EncoderFile.Version(),
            Graph = graph.Nodes,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = OperatorVersion } },
        };
        foreach (var (key, value) in OnnxMetadata.Of(options, width, head is not null, precision, run))
        {
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        AtomicFile.Write(path, stream => model.WriteTo(stream));
    }

    /// <returns>F.</returns>
    private static long AddNetwork(OnnxGraph graph, Module<Tensor, Tensor> encoder, ProjectionHead? head, Normalisation normalisation)
    {
        var layers = new OnnxNetwork(graph);
        var x = Normalise(graph, normalisation, new OnnxValue("images", DataType.Float, OnnxShape.Map, Channels));
        x = layers.Add("encoder", encoder, x);
        x = head is null ? x : layers.Add("head", head, x);
        if (x.Shape != OnnxShape.Vector)
        {
            throw new NotSupportedException($"The network makes [N, {x.Width}, H, W] of images; it must make [N, F]: end with AdaptiveAvgPool2d(1) and Flatten().");
        }

        x = graph.Add("features", "Identity", graph.Exact(x));
        graph.Nodes.Name = head is null ? encoder.GetName() : $"{encoder.GetName()} with projection head";
        graph.Nodes.Input.Add(Described("images", "Red, green and blue from 0 to 1.", "N", 3L, "H", "W"));
        graph.Nodes.Output.Add(Described("features", head is null ? "The encoder's features." : "The projection head's embeddings.", "N", x.Width));
        return x.Width;
    }

    // Not folded into the first convolution: its padding is 0 after the normalisation.
    private static OnnxValue Normalise(OnnxGraph graph, Normalisation normalisation, OnnxValue images)
    {
        using var scope = NewDisposeScope();
        var mean = graph.ExactConstant("mean", Normalisation.OfChannels(normalisation.Mean, CPU));
        var deviation = graph.ExactConstant("deviation", Normalisation.OfChannels(normalisation.StandardDeviation, CPU));
        return graph.Add("normalised", "Div", graph.Add("centred", "Sub", images, [mean]), [deviation]);
    }

    private static ValueInfoProto Described(string name, string description, params object[] shape)
    {
        var sizes = new TensorShapeProto();
        sizes.Dim.Add(shape.Select(size => size is long number
            ? new TensorShapeProto.Types.Dimension { DimValue = number }
            : new TensorShapeProto.Types.Dimension { DimParam = (string)size }));
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = sizes };
        return new ValueInfoProto { Name = name, DocString = description, Type = new TypeProto { TensorType = tensor } };
    }
}
