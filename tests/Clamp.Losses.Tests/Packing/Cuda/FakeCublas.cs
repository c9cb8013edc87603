namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>The products of FakeCublas.c, on the CPU.</summary>
internal sealed class FakeCublas() : FakeLibrary("FakeCublas.c", "-O2");
