namespace Clamp.Losses.Geometry;

/// <summary>Sums over the pairs i &lt; j of a packing and over its embeddings: what <see cref="SubManifoldGeometry"/>'s figures are made of.</summary>
internal readonly record struct PackingSums
{
    /// <summary>Pairs in contact.</summary>
    public double Contacts { get; init; }

    /// <summary>u over contacts.</summary>
    public double Overlap { get; init; }

    /// <summary>d over pairs.</summary>
    public double Distance { get; init; }

    /// <summary>Pairs that coincide.</summary>
    public double Coincident { get; init; }

    /// <summary>Pairs within d_min.</summary>
    public double Excluded { get; init; }

    /// <summary>Pairs whose reach is cut at d_max.</summary>
    public double Clipped { get; init; }

    /// <summary>u^alpha over contacts.</summary>
    public double Energy { get; init; }

    /// <summary>alpha u^(alpha - 1) d / s over contacts.</summary>
    public double Virial { get; init; }

    /// <summary>Squared norms of centred embeddings.</summary>
    public double Centred { get; init; }

    /// <summary>Squared norms of embeddings.</summary>
    public double Squares { get; init; }

    /// <summary>See <see cref="SubManifoldGeometry.ParticipationRatio"/>.</summary>
    public double ParticipationRatio { get; init; }
}
