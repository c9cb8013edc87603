using System.Globalization;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>One launch as the fake driver wrote it down; arguments by their names in the kernel's source.</summary>
internal sealed class KernelLaunch
{
    private readonly Dictionary<string, string> _values;

    public KernelLaunch(string call)
    {
        var words = call.Split(' ');
        Kernel = words[1];
        _values = words.Skip(2).Select(word => word.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
    }

    public string Kernel { get; }

    public string Grid => _values["grid"];

    public string Block => _values["block"];

    public string Stream => _values["stream"];

    public string Context => _values["context"];

    public long Long(string argument) => long.Parse(_values[argument], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public int Int(string argument) => (int)Long(argument);

    public float Float(string argument) => BitConverter.Int32BitsToSingle(Int(argument));

    /// <summary>Every argument that the kernel's source names, none more and none less.</summary>
    public void ShouldTake(params (string Name, KernelArgument Value)[] expected)
    {
        var parameters = KernelSignature.All.Single(signature => signature.Name == Kernel).Parameters;
        expected.Select(each => each.Name).Should().Equal(parameters.Select(each => each.Name), "these are the parameters of {0}", Kernel);
        foreach (var ((name, value), bytes) in expected.Zip(parameters, (each, parameter) => (each, parameter.Bytes)))
        {
            Long(name).Should().Be(bytes == sizeof(int) ? value.Bits & uint.MaxValue : value.Bits, "that is {0} of {1}", name, Kernel);
        }
    }

    public double Double(string argument) => BitConverter.Int64BitsToDouble(Long(argument));
}
