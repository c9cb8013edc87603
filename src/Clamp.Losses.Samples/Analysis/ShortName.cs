namespace Clamp.Losses.Samples.Analysis;

/// <summary>Names of classes where there is little room.</summary>
internal static class ShortName
{
    private const int Longest = 14;
    private const int Last = 6;

    /// <summary>A name's beginning and end, for many names begin, and some end, alike.</summary>
    /// <param name="name">The name.</param>
    /// <returns>At most 14 characters.</returns>
    public static string Of(string name)
    {
        if (name.Length <= Longest)
        {
            return name;
        }

        // Half of a character of two could be written to no file.
        var (first, last) = (Longest - Last - 1, name.Length - Last);
        return $"{name[..(char.IsHighSurrogate(name[first - 1]) ? first - 1 : first)]}\u2026{name[(char.IsLowSurrogate(name[last]) ? last + 1 : last)..]}";
    }
}
