using static TorchSharp.torch;

namespace Clamp.Losses.Packing;

/// <summary>
/// A few rows of the upper triangle of the pair matrix against many columns: large enough for good matrix products. Its part on the
/// diagonal holds both halves of that square; the part beside it stands for its mirror image too.
/// </summary>
internal sealed class PairStrip : IDisposable
{
    private readonly List<Tensor> _views = [];
    private readonly Tensor _centroidRows;
    private readonly Tensor _centroidColumns;
    private readonly Tensor _centroidColumnsTransposed;
    private readonly Tensor _forceRows;
    private readonly Tensor _gram;
    private readonly Tensor? _diagonal;
    private readonly Tensor? _beside;
    private readonly Tensor? _besideTransposed;
    private readonly Tensor? _forceBeside;
    private readonly PairBlock _diagonalBlock;
    private readonly PairBlock _besideBlock;

    private PairStrip(Tensor centroids, Tensor forces, Tensor pairs, (int First, int Count) rows, (int First, int Count) columns)
    {
        _centroidRows = Own(centroids.narrow(0, rows.First, rows.Count));
        _centroidColumns = Own(centroids.narrow(0, columns.First, columns.Count));
        _centroidColumnsTransposed = Own(_centroidColumns.t());
        _forceRows = Own(forces.narrow(0, rows.First, rows.Count));
        _gram = Own(pairs.as_strided([rows.Count, columns.Count], [columns.Count, 1], 0));
        var square = columns.First == rows.First ? rows.Count : 0;
        if (square > 0)
        {
            _diagonal = Own(_gram.narrow(1, 0, square));
            _diagonalBlock = new PairBlock(rows.First, rows.Count, rows.First, square, Mirrored: false);
        }

        if (columns.Count > square)
        {
            _beside = Own(_gram.narrow(1, square, columns.Count - square));
            _besideTransposed = Own(_beside.t());
            _forceBeside = Own(forces.narrow(0, columns.First + square, columns.Count - square));
            _besideBlock = new PairBlock(rows.First, rows.Count, columns.First + square, columns.Count - square, Mirrored: true);
        }
    }

    /// <summary>Cuts the pairs of all images into strips.</summary>
    /// <param name="centroids">c, [B, D].</param>
    /// <param name="forces">Where A C goes, [B, D].</param>
    /// <param name="pairs">Memory for the largest strip.</param>
    /// <param name="most">How many rows and columns a strip has at most.</param>
    public static List<PairStrip> Cut(Tensor centroids, Tensor forces, Tensor pairs, (int Rows, int Columns) most)
    {
        var strips = new List<PairStrip>();
        var images = checked((int)centroids.shape[0]);
        for (int row = 0; row < images; row += most.Rows)
        {
            for (int column = row; column < images; column += most.Columns)
            {
                var rows = (row, Math.Min(most.Rows, images - row));
                var columns = (column, Math.Min(most.Columns, images - column));
                strips.Add(new PairStrip(centroids, forces, pairs, rows, columns));
            }
        }

        return strips;
    }

    /// <summary>Adds the energy and, if wanted, the gradients of the strip's pairs.</summary>
    /// <param name="kernels">The backend.</param>
    /// <param name="potential">The interaction.</param>
    /// <param name="forces">Whether gradients are wanted.</param>
    /// <param name="buffers">The step's memory, which the strip is cut from.</param>
    public void Interact(IPackingKernels kernels, PairPotential potential, bool forces, PackingBuffers buffers)
    {
        _gram.addmm_(_centroidRows, _centroidColumnsTransposed, beta: 0, alpha: 1);
        var onDiagonal = _diagonal is not null && kernels.Interactions(_diagonal, _diagonalBlock, potential, forces, buffers);
        var beside = _beside is not null && kernels.Interactions(_beside, _besideBlock, potential, forces, buffers);
        if (forces && (onDiagonal || beside))
        {
            _forceRows.addmm_(_gram, _centroidColumns, beta: 1, alpha: 1);
        }

        if (forces && beside)
        {
            _forceBeside!.addmm_(_besideTransposed!, _centroidRows, beta: 1, alpha: 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _views.ForEach(view => view.Dispose());

    private Tensor Own(Tensor view)
    {
        _views.Add(view.DetachFromDisposeScope());
        return view;
    }
}
