namespace Clamp.Losses.Training;

/// <summary>Rules that the values of options must obey.</summary>
internal static class OptionRules
{
    /// <summary>Throws when a rule is broken, listing every one that is.</summary>
    /// <param name="rules">As for <see cref="Faults"/>.</param>
    /// <exception cref="InvalidOptionsException">At least one rule is broken.</exception>
    public static void Check(params IEnumerable<(bool Broken, string Name, object Given, string Allowed)> rules)
    {
        var faults = Faults(rules).ToList();
        if (faults.Count > 0)
        {
            throw new InvalidOptionsException(string.Join(Environment.NewLine, faults));
        }
    }

    /// <summary>A sentence for each rule that is broken.</summary>
    /// <param name="rules">Whether it is broken, the option, what was given, what is allowed.</param>
    public static IEnumerable<string> Faults(params IEnumerable<(bool Broken, string Name, object Given, string Allowed)> rules) => rules
        .Where(rule => rule.Broken)
        .Select(rule => FormattableString.Invariant($"{rule.Name} is {rule.Given}; it must be {rule.Allowed}."));
}
