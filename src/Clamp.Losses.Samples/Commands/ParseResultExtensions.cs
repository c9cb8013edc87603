using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Asks what was given on the command line, apart from what is only a default.</summary>
internal static class ParseResultExtensions
{
    /// <summary>Whether an option is given.</summary>
    public static bool IsGiven(this ParseResult arguments, Option option) => arguments.GetResult(option) is { Implicit: false };

    /// <summary>The value of an option, or another where it is not given.</summary>
    public static T Given<T>(this ParseResult arguments, Option<T> option, T otherwise) =>
        arguments.IsGiven(option) ? arguments.GetValue(option)! : otherwise;

    /// <summary>The list of an option, or another where it is not given.</summary>
    [return: NotNullIfNotNull(nameof(otherwise))]
    public static IReadOnlyList<T>? Given<T>(this ParseResult arguments, Option<T[]> option, IReadOnlyList<T>? otherwise) =>
        arguments.IsGiven(option) ? arguments.GetValue(option)! : otherwise;
}
