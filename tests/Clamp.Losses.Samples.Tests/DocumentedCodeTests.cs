using System.Text.RegularExpressions;

namespace Clamp.Losses.Samples.Tests;

/// <summary>Code in documents is taken from files that are compiled and run: a comment before it names the file.</summary>
public sealed partial class DocumentedCodeTests
{
    [SkippableTheory]
    [InlineData("README.md")]
    [InlineData("docs/own-images.md")]
    [InlineData("docs/training.md")]
    public void Code_NamedAfterAFile_IsInThatFile(string document)
    {
        var root = Root();
        Skip.If(root is null, "the tests do not run within the source tree");

        var blocks = NamedBlock().Matches(File.ReadAllText(Path.Combine(root!, document)));

        blocks.Should().NotBeEmpty();
        foreach (Match block in blocks)
        {
            var file = block.Groups["file"].Value;
            var source = Lines(File.ReadAllText(Path.Combine(root!, file)));
            string.Join('\n', source).Should().Contain(string.Join('\n', Lines(block.Groups["code"].Value)), $"{document} says that it is from {file}");
        }
    }

    // A document may show a block without the indentation that it has in its file.
    private static IEnumerable<string> Lines(string code) => code.Trim('\n').Split('\n').Select(line => line.Trim());

    private static string? Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Clamp.Losses.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }

    [GeneratedRegex(@"<!-- from (?<file>\S+) -->\s*```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex NamedBlock();
}
