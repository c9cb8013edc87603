using System.CommandLine;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Asks what was given on the command line, apart from what is only a default.</summary>
internal static class ParseResultExtensions
{
    /// <summary>The value of an option, or another where it is not given.</summary>
    public static T Given<T>(this ParseResult arguments, Option<T> option, T otherwise) =>
        arguments.GetResult(option) is { Implicit: false } ? arguments.GetValue(option)! : otherwise;

    /// <summary>The list of an option, or another where it is not given.</summary>
    public static IReadOnlyList<T> Given<T>(this ParseResult arguments, Option<T[]> option, IReadOnlyList<T> otherwise) =>
        arguments.GetResult(option) is { Implicit: false } ? arguments.GetValue(option)! : otherwise;
}
