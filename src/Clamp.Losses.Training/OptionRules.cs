namespace Clamp.Losses.Training;

/// <summary>Rules that the values of options must obey.</summary>
internal static class OptionRules
{
    /// <summary>Throws when a rule is broken, listing every one that is.</summary>
    /// <param name="rules">As for <see cref="Faults"/>.</param>
    /// <exception cref="InvalidOptionsException">At least one rule is broken.</exception>
    public static void Check(params IEnumerable<(bool Broken, string Name, object Given, string Allowed)> rules) => Refuse(Faults(rules));

    /// <summary>Throws when there is a fault, with all of them.</summary>
    /// <param name="faults">A sentence for each.</param>
    /// <exception cref="InvalidOptionsException">There is at least one.</exception>
    public static void Refuse(IEnumerable<string> faults)
    {
        if (faults.ToList() is { Count: > 0 } all)
        {
            throw new InvalidOptionsException(string.Join(Environment.NewLine, all));
        }
    }

    /// <summary>The rule of learning rates to choose from: finite numbers above 0.</summary>
    /// <param name="name">The option.</param>
    /// <param name="rates">The rates.</param>
    public static (bool Broken, string Name, object Given, string Allowed) Rates(string name, IReadOnlyList<double> rates) =>
        (!rates.All(rate => rate is > 0 and < double.PositiveInfinity), name, string.Join(' ', rates), "finite numbers above 0");

    /// <summary>A sentence for each rule that is broken.</summary>
    /// <param name="rules">Whether it is broken, the option, what was given, what is allowed.</param>
    public static IEnumerable<string> Faults(params IEnumerable<(bool Broken, string Name, object Given, string Allowed)> rules) => rules
        .Where(rule => rule.Broken)
        .Select(rule => FormattableString.Invariant($"{rule.Name} is {rule.Given}; it must be {rule.Allowed}."));
}
