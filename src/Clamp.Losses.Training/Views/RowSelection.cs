using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>The rows of a batch that an operation was drawn for, so that the others neither change nor cost anything.</summary>
internal sealed class RowSelection
{
    private readonly long[] _rows;
    private readonly int _batch;

    /// <summary>Selects rows.</summary>
    /// <param name="views">The parameters of the batch's views.</param>
    /// <param name="selected">Whether a row is selected.</param>
    public RowSelection(IReadOnlyList<ViewParameters> views, Func<ViewParameters, bool> selected)
    {
        _batch = views.Count;
        _rows = [.. Enumerable.Range(0, _batch).Where(row => selected(views[row])).Select(row => (long)row)];
        Views = [.. _rows.Select(row => views[(int)row])];
    }

    /// <summary>The parameters of the selected rows.</summary>
    public IReadOnlyList<ViewParameters> Views { get; }

    /// <summary>Changes the selected rows of a batch in place; does nothing where none is selected.</summary>
    /// <param name="images">[B, ...], B as many as the views given; overwritten.</param>
    /// <param name="operation">Changes a batch of the selected rows in place.</param>
    public void ApplyTo(Tensor images, Action<Tensor> operation)
    {
        if (_rows.Length == 0)
            return;

        using var scope = NewDisposeScope();
        if (_rows.Length == _batch)
        {
            operation(images);
            return;
        }

        var rows = tensor(_rows, ScalarType.Int64, images.device);
        var selected = images.index_select(0, rows);
        operation(selected);
        images.index_copy_(0, rows, selected);
    }
}
