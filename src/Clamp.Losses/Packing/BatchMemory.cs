namespace Clamp.Losses.Packing;

/// <summary>Where the intermediate numbers of one step lie: O(B D) of them and one strip of pairs.</summary>
internal readonly unsafe struct BatchMemory
{
    /// <summary>V, B and D.</summary>
    public readonly BatchShape Shape;

    /// <summary>How many may add to the sums over pairs at once; each has sums of its own.</summary>
    public readonly int Workers;

    /// <summary>The sum of all embeddings, [D].</summary>
    public readonly double* EmbeddingSums;

    /// <summary>mu, [D].</summary>
    public readonly double* ExactMean;

    /// <summary>
    /// mu rounded to float32, then what rounding took away, each [D] with zeros up to <see cref="PaddedWidth"/>: (z - high) - low is right
    /// to float32, because the first difference is exact where it is small (Sterbenz) and low is far below the rounding of the second.
    /// </summary>
    public readonly float* Mean;

    /// <summary>1 / norm(x), [B, V].</summary>
    public readonly float* InverseNorms;

    /// <summary>Which images need more than float32 for their norms or deviations, [B].</summary>
    public readonly byte* Delicate;

    /// <summary>c, [B, D].</summary>
    public readonly float* Centroids;

    /// <summary>dE/dc but for the part along each image's own centroid, [B, D]: A C and the forces of close pairs.</summary>
    public readonly float* CentroidForces;

    /// <summary>norm(c)^2, [B].</summary>
    public readonly float* SquaredNorms;

    /// <summary>r, [B].</summary>
    public readonly float* Radii;

    /// <summary>The sum of A_ij over j, [workers, B].</summary>
    public readonly double* ContactSums;

    /// <summary>dE/dr but for w_size, [workers, B].</summary>
    public readonly double* RadiusGradients;

    /// <summary>The energy of the pairs before w_rep, [workers].</summary>
    public readonly double* Energy;

    /// <summary>The largest strip of pairs.</summary>
    public readonly float* Pairs;

    /// <summary>What the backend needs besides.</summary>
    public readonly void* Scratch;

    /// <summary>How much all of it takes.</summary>
    public readonly long Bytes;

    /// <summary>Lays a step out.</summary>
    /// <param name="start">The memory, or null to learn how much it takes.</param>
    /// <param name="shape">V, B and D.</param>
    /// <param name="kernels">For the size of a strip and of the scratch.</param>
    /// <param name="workers">How many may work at once: <see cref="IPackingKernels.Workers"/>, which may change meanwhile.</param>
    public BatchMemory(void* start, BatchShape shape, IPackingKernels kernels, int workers)
    {
        var pieces = new MemoryPieces(start);
        var (images, width) = ((long)shape.Images, shape.Width);
        var strip = kernels.LargestStrip(shape.Images);
        (Shape, Workers) = (shape, workers);
        EmbeddingSums = pieces.Take<double>(width);
        ExactMean = pieces.Take<double>(width);
        Mean = pieces.Take<float>(2 * PaddedWidth);
        InverseNorms = pieces.Take<float>(shape.Rows);
        Delicate = pieces.Take<byte>(images);
        Centroids = pieces.Take<float>(images * width);
        CentroidForces = pieces.Take<float>(images * width);
        SquaredNorms = pieces.Take<float>(images);
        Radii = pieces.Take<float>(images);
        ContactSums = pieces.Take<double>(Workers * images);
        RadiusGradients = pieces.Take<double>(Workers * images);
        Energy = pieces.Take<double>(Workers);
        Pairs = pieces.Take<float>((long)Math.Min(shape.Images, strip.Rows) * Math.Min(shape.Images, strip.Columns));
        Scratch = pieces.Take<byte>(kernels.ScratchBytes(shape, Workers));
        Bytes = pieces.Bytes;
    }

    /// <summary>D, up to a multiple of four.</summary>
    public int PaddedWidth => (Shape.Width + 3) / 4 * 4;

    /// <summary>mu rounded, [D].</summary>
    public float* MeanHigh => Mean;

    /// <summary>What rounding took away, [D].</summary>
    public float* MeanLow => Mean + PaddedWidth;

    /// <summary>All centroids as a matrix.</summary>
    public Matrix CentroidMatrix => new(Centroids, Shape.Images, Shape.Width, Shape.Width);

    /// <summary>All forces as a matrix.</summary>
    public Matrix ForceMatrix => new(CentroidForces, Shape.Images, Shape.Width, Shape.Width);
}
