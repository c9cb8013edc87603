namespace Clamp.Losses.Tests;

public sealed class CompositeFloat64Tests() : ClampLossContract(ClampBackend.Composite, ClampBackend.Composite, torch.ScalarType.Float64);

public sealed class CompositeFloat32Tests() : ClampLossContract(ClampBackend.Composite, ClampBackend.Composite, torch.ScalarType.Float32);

public sealed class AutoFloat64Tests() : ClampLossContract(ClampBackend.Auto, ClampBackend.Composite, torch.ScalarType.Float64);

public sealed class AutoFloat32Tests() : ClampLossContract(ClampBackend.Auto, ClampBackend.Fused, torch.ScalarType.Float32);

public sealed class FusedFloat32Tests() : ClampLossContract(ClampBackend.Fused, ClampBackend.Fused, torch.ScalarType.Float32);

public sealed class FusedFloat16Tests() : ClampLossContract(ClampBackend.Fused, ClampBackend.Fused, torch.ScalarType.Float16);

public sealed class FusedBFloat16Tests() : ClampLossContract(ClampBackend.Fused, ClampBackend.Fused, torch.ScalarType.BFloat16);
