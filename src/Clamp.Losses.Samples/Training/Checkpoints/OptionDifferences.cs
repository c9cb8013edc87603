using System.Text.Json;
using System.Text.Json.Nodes;

namespace Clamp.Losses.Samples.Training.Checkpoints;

/// <summary>Names the options in which two runs differ. Where the data lies is not one of them: it may have moved.</summary>
internal static class OptionDifferences
{
    /// <summary>The differences, a line each, such as <c>Clamp:RadiusScale was 3 and is 7</c>.</summary>
    /// <param name="before">The options of the earlier run.</param>
    /// <param name="now">The options of this one.</param>
    public static IReadOnlyList<string> Between(PretrainOptions before, PretrainOptions now)
    {
        var (old, given) = (Leaves(before), Leaves(now with { DataRoot = before.DataRoot }));
        return [.. old.Keys.Union(given.Keys)
            .Where(key => old.GetValueOrDefault(key) != given.GetValueOrDefault(key))
            .Select(key => $"{key} was {old.GetValueOrDefault(key) ?? "not there"} and is {given.GetValueOrDefault(key) ?? "not there"}")];
    }

    private static Dictionary<string, string> Leaves(PretrainOptions options)
    {
        var leaves = new Dictionary<string, string>();
        Collect("", JsonSerializer.SerializeToNode(options, RunFolder.Json), leaves);
        return leaves;
    }

    // A list is one value: a projection head of other widths differs once.
    private static void Collect(string path, JsonNode? node, Dictionary<string, string> leaves)
    {
        if (node is not JsonObject properties)
        {
            leaves[path] = node?.ToJsonString() ?? "null";
            return;
        }

        foreach (var (name, value) in properties)
        {
            Collect(path.Length == 0 ? name : $"{path}:{name}", value, leaves);
        }
    }
}
