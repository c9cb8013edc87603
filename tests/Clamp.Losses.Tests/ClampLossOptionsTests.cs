using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Clamp.Losses.Tests;

public sealed class ClampLossOptionsTests
{
    public static TheoryData<ClampLossOptions, string> Faults => new()
    {
        { new() { RadiusScale = 0 }, "RadiusScale is 0; it must be from 0.01 to 1000." },
        { new() { RadiusScale = 1e-46 }, "RadiusScale is 1E-46; *" },
        { new() { RadiusScale = 1e20, MaxContactDistance = 1e300 }, "RadiusScale is 1E+20; *MaxContactDistance is 1E+300; *" },
        { new() { RadiusScale = double.NaN }, "RadiusScale is NaN; *" },
        { new() { RadiusScale = double.PositiveInfinity }, "RadiusScale is Infinity; *" },
        { new() { PotentialExponent = 1 }, "PotentialExponent is 1; it must be from 1.1 to 10." },
        { new() { PotentialExponent = 10.5 }, "PotentialExponent is 10.5; *" },
        { new() { PotentialExponent = double.NaN }, "PotentialExponent is NaN; *" },
        { new() { RepulsionWeight = -1 }, "RepulsionWeight is -1; it must be 0, or from 1E-06 to 1000000." },
        { new() { RepulsionWeight = 1e39 }, "RepulsionWeight is 1E+39; *" },
        { new() { RepulsionWeight = 1e-7 }, "RepulsionWeight is 1E-07; *" },
        { new() { RepulsionWeight = double.NaN }, "RepulsionWeight is NaN; *" },
        { new() { SizeWeight = -0.5 }, "SizeWeight is -0.5; it must be 0, or from 1E-06 to 1000000." },
        { new() { SizeWeight = 1e39 }, "SizeWeight is 1E+39; *" },
        { new() { SizeWeight = double.PositiveInfinity }, "SizeWeight is Infinity; *" },
        { new() { RepulsionWeight = 0, SizeWeight = 0 }, "RepulsionWeight is 0, and so is SizeWeight; *above 0*" },
        { new() { MinSeparation = -0.1 }, "MinSeparation is -0.1; *at least 0*" },
        { new() { MinSeparation = 1.5 }, "MinSeparation is 1.5; *below MaxContactDistance, which is 1.5*" },
        { new() { MinSeparation = double.NaN }, "MinSeparation is NaN; *" },
        { new() { MinSeparation = 0, MaxContactDistance = -1 }, "*MaxContactDistance is -1; it must be from 0.01 to 1000." },
        { new() { MaxContactDistance = double.PositiveInfinity }, "MaxContactDistance is Infinity; *" },
        { new() { Views = 1 }, "Views is 1; *at least 2*" },
        { new() { Views = -3 }, "Views is -3; *at least 2*" },
        { new() { Backend = (ClampBackend)9 }, "Backend is 9; *Auto, Composite, Fused*" },
    };

    [Theory, MemberData(nameof(Faults))]
    public void Constructor_OptionOutOfRange_SaysWhatIsAllowed(ClampLossOptions options, string message)
    {
        var act = () => new ClampLoss(options);
        act.Should().Throw<OptionsValidationException>().WithMessage(message);
    }

    [Fact]
    public void Constructor_SeveralFaults_ListsEveryOne()
    {
        var options = new ClampLossOptions { RadiusScale = 0, PotentialExponent = 0.5, RepulsionWeight = -1, SizeWeight = -1, Views = 0 };

        var act = () => new ClampLoss(options);

        act.Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(5);
    }

    [Fact]
    public void Constructor_Defaults_AreThePapersImageNetValues() =>
        new ClampLossOptions().Should().BeEquivalentTo(new
        {
            RadiusScale = 8.5,
            PotentialExponent = 2.0,
            RepulsionWeight = 1.0,
            SizeWeight = 0.0,
            MinSeparation = 1e-3,
            MaxContactDistance = 1.5,
            LogEnergy = true,
            Views = (int?)null,
            SplitProducts = false,
            Backend = ClampBackend.Auto,
        });

    [Fact]
    public void Constructor_OptionsChangedLater_KeepsItsCopy()
    {
        var options = new ClampLossOptions { Views = 2 };
        var criterion = new ClampLoss(options);
        options.Views = 3;
        using var embeddings = torch.ones(4, 5);

        using var loss = criterion.forward(embeddings);

        loss.numel().Should().Be(1);
    }

    [Fact]
    public void Constructor_WithALogger_ChecksItsOtherArgumentsAsWell()
    {
        var wrongOptions = () => new ClampLoss(new ClampLossOptions { RadiusScale = 0 }, null, NullLogger<ClampLoss>.Instance);
        var noLogger = () => new ClampLoss(null, SingleProcessGroup.Instance, logger: null).Dispose();

        wrongOptions.Should().Throw<OptionsValidationException>();
        noLogger.Should().NotThrow();
    }

    [Fact]
    public void Constructor_Name_IsTheModules() => new ClampLoss(name: "packing").GetName().Should().Be("packing");
}
