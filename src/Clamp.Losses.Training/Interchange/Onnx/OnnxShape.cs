namespace Clamp.Losses.Training;

/// <summary>The shapes in the graph of an encoder.</summary>
internal enum OnnxShape
{
    /// <summary>[N, C, H, W].</summary>
    Map,

    /// <summary>[N, C, 1, 1].</summary>
    Point,

    /// <summary>[N, C].</summary>
    Vector,
}
