using System.ComponentModel;
using System.Reflection;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Configuration;

/// <summary>A setting of <see cref="RunOptions"/>: its key and what it takes.</summary>
/// <param name="Path">The key, such as Clamp:RadiusScale.</param>
/// <param name="Type">The type of its value.</param>
/// <param name="MayBeEmpty">Whether it can be unset.</param>
public sealed record SettingKey(string Path, Type Type, bool MayBeEmpty)
{
    private static readonly Type[] Lists = [typeof(IReadOnlyList<int>), typeof(IReadOnlyList<double>)];

    /// <summary>Every setting by its key, whose case does not matter.</summary>
    public static IReadOnlyDictionary<string, SettingKey> All { get; } =
        Of(typeof(RunOptions), "").ToDictionary(key => key.Path, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it takes a list of numbers.</summary>
    public bool IsList => Lists.Contains(Type);

    /// <summary>The keys that a wrong one may have meant.</summary>
    /// <param name="wrong">A key that does not exist.</param>
    /// <returns>The nearest keys, by the number of letters to change; none when all are far.</returns>
    public static IReadOnlyList<string> Nearest(string wrong)
    {
        var near = All.Keys
            .Select(key => (Key: key, Distance: Math.Min(EditDistance(wrong, key), EditDistance(wrong, key[(key.LastIndexOf(':') + 1)..]))))
            .Where(candidate => candidate.Distance <= Math.Max(2, wrong.Length / 4))
            .ToList();
        return [.. near.Where(candidate => candidate.Distance == near.Min(other => other.Distance)).Select(candidate => candidate.Key)];
    }

    /// <summary>What the setting takes, when that is not the given text.</summary>
    /// <param name="text">The value as text.</param>
    /// <returns>What is allowed, or null when the text can be used.</returns>
    public string? Misfit(string text)
    {
        if (IsList)
        {
            var item = Type.GenericTypeArguments[0];
            var kind = item == typeof(int) ? "whole numbers" : "numbers";
            return Items(text).All(part => Parses(item, part)) ? null : $"{kind} with spaces or commas between them";
        }

        var type = Nullable.GetUnderlyingType(Type) ?? Type;
        if (type.IsEnum)
        {
            var names = Enum.GetNames(type);
            return names.Contains(text, StringComparer.OrdinalIgnoreCase) ? null : $"one of {string.Join(", ", names)}";
        }

        return Parses(type, text) ? null : Allowed(type);
    }

    /// <summary>The items of a list given as text.</summary>
    /// <param name="text">Items with spaces or commas between them.</param>
    /// <returns>The items.</returns>
    public static string[] Items(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
    }

    private string Allowed(Type type)
    {
        if (type == typeof(bool))
        {
            return "true or false";
        }

        if (IsSection(type))
        {
            return $"empty, or set by its parts, such as {Path}:{type.GetProperties()[0].Name}";
        }

        return type == typeof(int) ? "a whole number" : "a number";
    }

    private static bool Parses(Type type, string text)
    {
        var converter = TypeDescriptor.GetConverter(type);
        return converter.CanConvertFrom(typeof(string)) && converter.IsValid(text);
    }

    private static IEnumerable<SettingKey> Of(Type type, string prefix)
    {
        foreach (var property in type.GetProperties().Where(property => property.CanWrite))
        {
            var path = prefix + property.Name;
            bool nullable = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
            if (!IsSection(property.PropertyType) || nullable)
            {
                yield return new SettingKey(path, property.PropertyType, nullable);
            }

            if (IsSection(property.PropertyType))
            {
                foreach (var part in Of(property.PropertyType, path + ":"))
                {
                    yield return part;
                }
            }
        }
    }

    private static bool IsSection(Type type) => type.IsClass && type != typeof(string);

    // Levenshtein's, without case.
    private static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 0; i < a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < b.Length; j++)
            {
                int change = diagonal + (char.ToUpperInvariant(a[i]) == char.ToUpperInvariant(b[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(change, 1 + Math.Min(diagonal, row[j]));
            }
        }

        return row[^1];
    }
}
