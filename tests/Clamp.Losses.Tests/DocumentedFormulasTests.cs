using System.Reflection;
using System.Text.RegularExpressions;

namespace Clamp.Losses.Tests;

/// <summary>docs/loss.md says where each formula stands in the code.</summary>
public sealed partial class DocumentedFormulasTests
{
    [SkippableFact]
    public void Code_NamedBesideAFormula_IsThere()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Clamp.Losses.sln")))
        {
            folder = folder.Parent;
        }

        Skip.If(folder is null, "the tests do not run within the source tree");
        var rows = FormulaRow().Matches(File.ReadAllText(Path.Combine(folder!.FullName, "docs", "loss.md")));

        rows.Should().HaveCount(10);
        rows.Select(row => row.Groups["code"].Value).Should().BeSubsetOf(CompositeMembers());
    }

    private static IEnumerable<string> CompositeMembers() =>
        from type in typeof(ClampLoss).Assembly.GetTypes()
        where type.Namespace == "Clamp.Losses.Packing.Composite"
        from member in type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance)
        select $"{type.Name}.{member.Name}";

    [GeneratedRegex(@"^\|.*\| `(?<code>\w+\.\w+)` \|\r?$", RegexOptions.Multiline)]
    private static partial Regex FormulaRow();
}
