using Clamp.Losses.Training.Onnx;
using Google.Protobuf;
using static TorchSharp.torch;
using DataType = Clamp.Losses.Training.Onnx.TensorProto.Types.DataType;

namespace Clamp.Losses.Training;

/// <summary>What flows between the nodes of an ONNX graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its shape as far as the graph fixes it.</param>
/// <param name="Width">The channels of a map, the elements of a vector.</param>
internal sealed record OnnxValue(string Name, DataType Type, OnnxShape Shape, long Width);

/// <summary>Adds nodes and weights to an ONNX graph.</summary>
/// <param name="precision">What weights are stored, and nodes with weights computed, in.</param>
internal sealed class OnnxGraph(OnnxPrecision precision)
{
    private readonly HashSet<string> _casts = [];
    private readonly DataType _computed = precision == OnnxPrecision.Float16 ? DataType.Float16 : DataType.Float;

    /// <summary>The graph so far.</summary>
    public GraphProto Nodes { get; } = new();

    /// <summary>Adds a node that leaves type and shape as they are.</summary>
    /// <param name="name">The name of the node and of its output.</param>
    /// <param name="operation">The operator.</param>
    /// <param name="input">Its input.</param>
    /// <param name="others">The names of its other inputs.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>Its output.</returns>
    public OnnxValue Add(string name, string operation, OnnxValue input, string[]? others = null, AttributeProto[]? attributes = null)
    {
        var node = new NodeProto { Name = name, OpType = operation, Input = { input.Name }, Output = { name } };
        node.Input.Add(others ?? []);
        node.Attribute.Add(attributes ?? []);
        Nodes.Node.Add(node);
        return input with { Name = name };
    }

    /// <summary>The value in the type that weights have.</summary>
    public OnnxValue Computed(OnnxValue value) => As(value, _computed);

    /// <summary>The value in float32.</summary>
    public OnnxValue Exact(OnnxValue value) => As(value, DataType.Float);

    /// <summary>Adds weights in the type that is computed in.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="values">The values, of any type and device.</param>
    /// <returns>Their name.</returns>
    /// <exception cref="TrainingDivergedException">One is NaN or infinite, or beyond what the type holds.</exception>
    public string Weight(string name, Tensor values) => Constant(name, values, _computed);

    /// <summary>Adds float32 constants.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="values">The values, of any type and device.</param>
    /// <returns>Their name.</returns>
    public string ExactConstant(string name, Tensor values) => Constant(name, values, DataType.Float);

    private string Constant(string name, Tensor values, DataType type)
    {
        using var scope = NewDisposeScope();
        var stored = values.to(type == DataType.Float16 ? ScalarType.Float16 : ScalarType.Float32).cpu().contiguous();
        if (!stored.isfinite().all().item<bool>())
        {
            throw new TrainingDivergedException($"{name} has values that are NaN, infinite or too large for {precision}: the network is not exported.");
        }

        var initializer = new TensorProto
        {
            Name = name,
            DataType = (int)type,
            Dims = { stored.shape },
            RawData = UnsafeByteOperations.UnsafeWrap(stored.bytes.ToArray()),
        };
        Nodes.Initializer.Add(initializer);
        return name;
    }

    private OnnxValue As(OnnxValue value, DataType type)
    {
        if (value.Type == type)
        {
            return value;
        }

        var name = $"{value.Name}.{type.ToString().ToLowerInvariant()}";
        return _casts.Add(name)
            ? Add(name, "Cast", value, attributes: [Attribute("to", (long)type)]) with { Type = type }
            : value with { Name = name, Type = type };
    }

    /// <summary>An attribute of one whole number.</summary>
    public static AttributeProto Attribute(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>An attribute of several whole numbers.</summary>
    public static AttributeProto Attribute(string name, params long[] values) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };
}
