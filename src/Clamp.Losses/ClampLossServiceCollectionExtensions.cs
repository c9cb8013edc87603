using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Clamp.Losses;

/// <summary>Registers <see cref="ClampLoss"/> with a service collection.</summary>
public static class ClampLossServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="ClampLossOptions"/>, bound from a configuration section and validated on start, and one shared
    /// <see cref="ClampLoss"/>. An <see cref="IProcessGroup"/> registered beside it is used, and logging is told when a GPU cannot run
    /// the fused kernels.
    /// </summary>
    /// <param name="services">The collection to add to.</param>
    /// <param name="configuration">
    /// The section with the options, usually <c>configuration.GetSection(ClampLossOptions.SectionName)</c>; unknown keys are rejected.
    /// </param>
    /// <returns>The same collection.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddClampLoss(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);

        services.AddOptions<ClampLossOptions>()
            .Bind(configuration, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClampLossOptions>, ClampLossOptionsValidator>());
        services.TryAddSingleton(provider => new ClampLoss(
            provider.GetRequiredService<IOptions<ClampLossOptions>>().Value,
            provider.GetService<IProcessGroup>(),
            nameof(ClampLoss),
            provider.GetService<ILogger<ClampLoss>>()));
        return services;
    }
}
