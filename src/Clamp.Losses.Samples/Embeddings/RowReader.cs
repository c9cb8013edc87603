namespace Clamp.Losses.Samples.Embeddings;

/// <summary>Reads rows of embeddings.</summary>
/// <param name="first">The first row, from 0.</param>
/// <param name="rows">Filled with it and those after it, a whole number of rows.</param>
internal delegate void RowReader(int first, Span<float> rows);
