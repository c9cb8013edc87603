namespace Clamp.Losses.Packing;

/// <summary>The types of embeddings that fused kernels read and of gradients that they write.</summary>
internal enum ElementType
{
    Float32,
    Float16,
    BFloat16,
}
