using System.Text.RegularExpressions;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>A kernel's name and parameters, read from its source.</summary>
internal sealed partial record KernelSignature(string Name, IReadOnlyList<(string Name, int Bytes)> Parameters)
{
    public static IReadOnlyList<KernelSignature> All { get; } =
        [.. KernelSources.Names.SelectMany(name => Declarations().Matches(KernelSources.Named(name))).Select(Parsed)];

    private static KernelSignature Parsed(Match declaration) => new(
        declaration.Groups["name"].Value,
        [.. declaration.Groups["parameters"].Value.Split(',').Select(each => ParsedParameter(each.Trim()))]);

    private static (string Name, int Bytes) ParsedParameter(string parameter)
    {
        var split = parameter.LastIndexOf(' ');
        var type = parameter[..split].Trim();
        return (parameter[(split + 1)..], type switch
        {
            _ when type.EndsWith('*') => 8,
            "Offset" or "double" => 8,
            "int" or "float" => 4,
            _ => throw new FormatException($"{parameter} is of an unknown size."),
        });
    }

    [GeneratedRegex("""extern "C" __global__ void (?:__launch_bounds__\([^)]*\) )?(?<name>\w+)\((?<parameters>[^)]*)\)""")]
    private static partial Regex Declarations();
}
