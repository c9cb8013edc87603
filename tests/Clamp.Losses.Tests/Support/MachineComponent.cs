namespace Clamp.Losses.Tests.Support;

/// <summary>What tests need of a machine and .ci/run installs: there, where TESTS_REQUIRE_COMPONENTS is 1, its absence is a failure.</summary>
internal static class MachineComponent
{
    /// <summary>Skips the test, or fails it where components are required.</summary>
    /// <param name="isThere">Whether the component is there and works.</param>
    /// <param name="why">What is missing.</param>
    public static void SkipUnless(bool isThere, string why)
    {
        if (!isThere && Environment.GetEnvironmentVariable("TESTS_REQUIRE_COMPONENTS") == "1")
        {
            throw new InvalidOperationException($"TESTS_REQUIRE_COMPONENTS is 1. {why}");
        }

        Skip.IfNot(isThere, why);
    }
}
