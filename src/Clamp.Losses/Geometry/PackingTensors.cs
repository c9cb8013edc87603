using static TorchSharp.torch;

namespace Clamp.Losses.Geometry;

/// <summary>What a packing has for each of its images.</summary>
/// <param name="Centroids">See <see cref="SubManifoldGeometry.Centroids"/>.</param>
/// <param name="Radii">See <see cref="SubManifoldGeometry.Radii"/>.</param>
/// <param name="Contacts">See <see cref="SubManifoldGeometry.Contacts"/>.</param>
/// <param name="Overlaps">See <see cref="SubManifoldGeometry.Overlaps"/>.</param>
/// <param name="NetForces">See <see cref="SubManifoldGeometry.NetForces"/>.</param>
internal readonly record struct PackingTensors(Tensor Centroids, Tensor Radii, Tensor Contacts, Tensor Overlaps, Tensor NetForces);
