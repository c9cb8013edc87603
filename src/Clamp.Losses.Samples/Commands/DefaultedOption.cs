using System.CommandLine;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Options whose help tells what holds without them.</summary>
internal static class DefaultedOption
{
    /// <summary>An option.</summary>
    /// <typeparam name="T">The type of its value.</typeparam>
    /// <param name="name">The option.</param>
    /// <param name="description">What it sets.</param>
    /// <param name="value">The value where it is not given.</param>
    /// <returns>A new option.</returns>
    public static Option<T> Create<T>(string name, string description, T value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
