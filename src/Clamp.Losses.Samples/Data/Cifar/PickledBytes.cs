namespace Clamp.Losses.Samples.Data.Cifar;

/// <summary>A pickled numpy array of unsigned bytes.</summary>
public sealed class PickledBytes
{
    private byte[] _values = [];
    private bool _columnMajor;

    /// <summary>The length of every dimension.</summary>
    public int[] Shape { get; private set; } = [];

    /// <summary>Sets the content, as numpy's <c>__setstate__</c> does.</summary>
    /// <param name="shape">The length of every dimension.</param>
    /// <param name="columnMajor">Whether the first index is the fastest.</param>
    /// <param name="values">As many bytes as the product of the shape.</param>
    /// <exception cref="InvalidDataException">There are more or fewer bytes, or a length is negative.</exception>
    public void SetState(int[] shape, bool columnMajor, byte[] values)
    {
        Int128 expected = shape.Aggregate((Int128)1, (product, length) => product * length);
        if (shape.Any(length => length < 0) || expected != values.Length)
        {
            throw new InvalidDataException($"An array of {string.Join(" x ", shape)} bytes has {values.Length}.");
        }

        (Shape, _columnMajor, _values) = (shape, columnMajor, values);
    }

    /// <summary>The values of an array of two dimensions, the last index fastest.</summary>
    public byte[] RowMajor()
    {
        if (!_columnMajor)
        {
            return _values;
        }

        var (rows, columns) = (Shape[0], Shape[1]);
        var values = new byte[_values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _values[(i % columns * rows) + (i / columns)];
        }

        return values;
    }
}
