using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Clamp.Losses;

/// <summary>
/// Registers <see cref="ClampLossOptions"/>, validated when the host starts, and one shared <see cref="ClampLoss"/>. An
/// <see cref="IProcessGroup"/> registered beside it is used, and logging is told when a GPU cannot run the fused kernels.
/// </summary>
public static class ClampLossServiceCollectionExtensions
{
    /// <summary>
    /// Registers the loss with options from a configuration section. What cannot be read and what is out of range is listed in one
    /// <see cref="OptionsValidationException"/>, each with its path, such as <c>Clamp:RadiusScale</c>.
    /// </summary>
    /// <param name="services">The collection to add to.</param>
    /// <param name="configuration">
    /// The section with the options, usually <c>configuration.GetSection(ClampLossOptions.SectionName)</c>; unknown keys are rejected,
    /// and an option that is missing, null or empty keeps its default.
    /// </param>
    /// <returns>The same collection.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddClampLoss(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);

        var section = new ClampLossSection(configuration);
        services.AddSingleton(section);
        services.AddSingleton<IConfigureOptions<ClampLossOptions>>(section);
        services.AddSingleton<IOptionsChangeTokenSource<ClampLossOptions>>(section);
        return services.AddValidatedLoss();
    }

    /// <summary>Registers the loss with options set in code, on top of those registered before.</summary>
    /// <param name="services">The collection to add to.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The same collection.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddClampLoss(this IServiceCollection services, Action<ClampLossOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);

        services.Configure(configure);
        return services.AddValidatedLoss();
    }

    private static IServiceCollection AddValidatedLoss(this IServiceCollection services)
    {
        services.AddOptions<ClampLossOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClampLossOptions>, ClampLossOptionsValidator>());
        services.TryAddSingleton(provider => new ClampLoss(
            provider.GetRequiredService<IOptions<ClampLossOptions>>().Value,
            provider.GetService<IProcessGroup>(),
            provider.GetService<ILogger<ClampLoss>>()));
        return services;
    }
}
