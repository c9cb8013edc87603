using Clamp.Losses.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Clamp.Losses.Tests;

public sealed class ClampLossServiceCollectionExtensionsTests : TorchTest
{
    [Fact]
    public void AddClampLoss_ResolvesOneLossWithTheSectionsOptions()
    {
        using var provider = Services(("Views", "3"), ("LogEnergy", "false"), ("RadiusScale", "2")).BuildServiceProvider();
        var embeddings = ClusteredEmbeddings(3, 6, 4);
        var expected = new ClampLoss(new ClampLossOptions { LogEnergy = false, RadiusScale = 2 }).forward(embeddings);

        var criterion = provider.GetRequiredService<ClampLoss>();

        criterion.forward(embeddings.reshape(18, 4)).Value().Should().Be(expected.Value());
        provider.GetRequiredService<ClampLoss>().Should().BeSameAs(criterion);
    }

    [Fact]
    public void AddClampLoss_EveryOption_IsReadFromTheSection()
    {
        using var provider = Services(
            ("RadiusScale", "7.25"),
            ("potentialexponent", "2.5"),
            ("RepulsionWeight", "5e-1"),
            ("SizeWeight", "0.1"),
            ("MinSeparation", "0.01"),
            ("MaxContactDistance", "1.25"),
            ("LogEnergy", "False"),
            ("Views", "4"),
            ("SplitProducts", "true"),
            ("Backend", "composite")).BuildServiceProvider();

        provider.GetRequiredService<IOptions<ClampLossOptions>>().Value.Should().BeEquivalentTo(new ClampLossOptions
        {
            RadiusScale = 7.25,
            PotentialExponent = 2.5,
            RepulsionWeight = 0.5,
            SizeWeight = 0.1,
            MinSeparation = 0.01,
            MaxContactDistance = 1.25,
            LogEnergy = false,
            Views = 4,
            SplitProducts = true,
            Backend = ClampBackend.Composite,
        });
        typeof(ClampLossOptions).GetProperties().Should().HaveCount(10, "an option that is added must be read, too");
    }

    [Fact]
    public void AddClampLoss_ProcessGroupBesideIt_IsTheLosssOwn()
    {
        var groups = ThreadGroup.Run(2, group =>
        {
            using var provider = Services().AddSingleton<IProcessGroup>(group).BuildServiceProvider();
            return (group, provider.GetRequiredService<ClampLoss>().ProcessGroup);
        });

        groups.Should().AllSatisfy(pair => pair.ProcessGroup.Should().BeSameAs(pair.group));
    }

    [Fact]
    public void AddClampLoss_EmptyOrNullValue_KeepsTheDefault()
    {
        using var provider = Services(("RadiusScale", ""), ("Views", null)).BuildServiceProvider();

        provider.GetRequiredService<IOptions<ClampLossOptions>>().Value.Should().BeEquivalentTo(new ClampLossOptions());
    }

    [Fact]
    public async Task StartAsync_SeveralFaults_ListsEveryOneWithItsPath()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddClampLoss(Section(
            ("RadiusScale", "abc"),
            ("MaxContactDistance", "1,5"),
            ("SizeWeight", "-5"),
            ("LogEnergy", "yes"),
            ("Views", "2.5"),
            ("Backend", "fastest"),
            ("Margin", "7"),
            ("MinSeparation:Value", "0.1")));
        using var host = builder.Build();

        var act = () => host.StartAsync();

        (await act.Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().BeEquivalentTo(
            "Clamp:RadiusScale is \"abc\"; it must be a number, with a point for decimals.",
            "Clamp:MaxContactDistance is \"1,5\"; it must be a number, with a point for decimals.",
            "Clamp:SizeWeight is -5; it must be 0, or from 1E-06 to 1000000.",
            "Clamp:LogEnergy is \"yes\"; it must be true or false.",
            "Clamp:Views is \"2.5\"; it must be a whole number.",
            "Clamp:Backend is \"fastest\"; it must be one of Auto, Composite, Fused.",
            "Clamp:Margin is unknown; the options are RadiusScale, PotentialExponent, RepulsionWeight, SizeWeight, MinSeparation, "
            + "MaxContactDistance, LogEnergy, Views, SplitProducts, Backend.",
            "Clamp:MinSeparation has keys below it; it must be a single value.");
    }

    [Fact]
    public void AddClampLoss_WithAnAction_SetsOptionsOnTopOfTheSection()
    {
        using var provider = Services(("RadiusScale", "7"), ("Views", "3"))
            .AddClampLoss(options => options.RadiusScale = 2)
            .BuildServiceProvider();

        provider.GetRequiredService<IOptions<ClampLossOptions>>().Value.Should().BeEquivalentTo(
            new ClampLossOptions { RadiusScale = 2, Views = 3 });
        provider.GetRequiredService<ClampLoss>().Should().NotBeNull();
    }

    [Fact]
    public void AddClampLoss_ActionThatSetsAWrongOption_NamesItOnce()
    {
        using var provider = Services(("Views", "3")).AddClampLoss(options => options.RadiusScale = -1).BuildServiceProvider();

        var act = () => provider.GetRequiredService<ClampLoss>();

        act.Should().Throw<OptionsValidationException>().Which.Failures.Should().ContainSingle(fault => fault.StartsWith("RadiusScale is -1"));
    }

    [Fact]
    public void AddClampLoss_SectionThatChanges_RenewsTheMonitoredOptions()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Clamp:RadiusScale", "7")]).Build();
        using var provider = new ServiceCollection().AddClampLoss(configuration.GetSection("Clamp")).BuildServiceProvider();
        var monitor = provider.GetRequiredService<IOptionsMonitor<ClampLossOptions>>();
        monitor.CurrentValue.RadiusScale.Should().Be(7);

        configuration["Clamp:RadiusScale"] = "6";
        configuration.Reload();

        monitor.CurrentValue.RadiusScale.Should().Be(6);
    }

    [Fact]
    public void AddClampLoss_NullArgument_Throws()
    {
        var withoutServices = () => ClampLossServiceCollectionExtensions.AddClampLoss(null!, Section());
        var withoutConfiguration = () => new ServiceCollection().AddClampLoss((IConfiguration)null!);
        var withoutServicesForAnAction = () => ClampLossServiceCollectionExtensions.AddClampLoss(null!, _ => { });
        var withoutAction = () => new ServiceCollection().AddClampLoss((Action<ClampLossOptions>)null!);

        withoutServices.Should().Throw<ArgumentNullException>().WithParameterName("services");
        withoutConfiguration.Should().Throw<ArgumentNullException>().WithParameterName("configuration");
        withoutServicesForAnAction.Should().Throw<ArgumentNullException>().WithParameterName("services");
        withoutAction.Should().Throw<ArgumentNullException>().WithParameterName("configure");
    }

    private static IServiceCollection Services(params (string Key, string? Value)[] options) =>
        new ServiceCollection().AddClampLoss(Section(options));

    private static IConfigurationSection Section(params (string Key, string? Value)[] options) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(options.Select(option =>
                new KeyValuePair<string, string?>($"{ClampLossOptions.SectionName}:{option.Key}", option.Value)))
            .Build()
            .GetSection(ClampLossOptions.SectionName);
}
