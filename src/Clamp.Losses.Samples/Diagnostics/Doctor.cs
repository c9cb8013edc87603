namespace Clamp.Losses.Samples.Diagnostics;

/// <summary>Looks at everything that training needs, and at what would make it faster. Works where TorchSharp does not load.</summary>
public static class Doctor
{
    /// <summary>Examines this process and its machine.</summary>
    /// <returns>What was found, in the order in which one thing rests on another.</returns>
    public static IReadOnlyList<Finding> Examine()
    {
        List<Finding> findings = [.. MachineCheck.Examine(), .. TorchNatives.Examine()];

        // TorchSharp is touched only once its natives are known to load: its own search copies half a gigabyte before it gives up.
        if (!findings.Any(finding => finding.Prevents))
        {
            findings.AddRange(TorchCheck.Examine());
        }

        return [.. findings, .. CudaCheck.Examine()];
    }
}
