namespace Clamp.Losses.Samples.Evaluation;

/// <summary>Rules that the values of options must obey.</summary>
internal static class OptionRules
{
    /// <summary>Throws when a rule is broken, listing every one that is.</summary>
    /// <param name="rules">Whether it is broken, the option without dashes, what was given, what is allowed.</param>
    /// <exception cref="ArgumentException">At least one rule is broken.</exception>
    public static void Check(params IEnumerable<(bool Broken, string Name, object Given, string Allowed)> rules)
    {
        var faults = rules
            .Where(rule => rule.Broken)
            .Select(rule => FormattableString.Invariant($"--{rule.Name} is {rule.Given}; it must be {rule.Allowed}."))
            .ToList();
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults));
        }
    }
}
