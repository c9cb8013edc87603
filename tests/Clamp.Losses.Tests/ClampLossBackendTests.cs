namespace Clamp.Losses.Tests;

public sealed class CompositeBackendTests() : ClampLossContract(ClampBackend.Composite);

public sealed class FusedBackendTests() : ClampLossContract(ClampBackend.Fused);

public sealed class AutoBackendTests() : ClampLossContract(ClampBackend.Auto);
