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
    public async Task StartAsync_WrongOptions_ListsEveryFault()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddClampLoss(Section(("RadiusScale", "-1"), ("PotentialExponent", "0")));
        using var host = builder.Build();

        var act = () => host.StartAsync();

        (await act.Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().HaveCount(2);
    }

    [Fact]
    public void Options_UnknownKey_IsNamed()
    {
        using var provider = Services(("RadiusScales", "7")).BuildServiceProvider();

        var act = () => provider.GetRequiredService<ClampLoss>();

        act.Should().Throw<InvalidOperationException>().WithMessage("*RadiusScales*");
    }

    [Fact]
    public void AddClampLoss_NullArgument_Throws()
    {
        var withoutServices = () => ClampLossServiceCollectionExtensions.AddClampLoss(null!, Section());
        var withoutConfiguration = () => new ServiceCollection().AddClampLoss(null!);

        withoutServices.Should().Throw<ArgumentNullException>().WithParameterName("services");
        withoutConfiguration.Should().Throw<ArgumentNullException>().WithParameterName("configuration");
    }

    private static IServiceCollection Services(params (string Key, string Value)[] options) =>
        new ServiceCollection().AddClampLoss(Section(options));

    private static IConfigurationSection Section(params (string Key, string Value)[] options) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(options.Select(option =>
                new KeyValuePair<string, string?>($"{ClampLossOptions.SectionName}:{option.Key}", option.Value)))
            .Build()
            .GetSection(ClampLossOptions.SectionName);
}
