namespace Clamp.Losses.Packing;

/// <summary>Where the intermediate numbers of one step lie: O(B D) of them and one strip of pairs.</summary>
internal readonly unsafe struct BatchMemory
{
    /// <summary>V, B and D, and which images of all these are.</summary>
    public readonly BatchShape Shape;

    /// <summary>How many may add to the sums over pairs at once; each has sums of its own.</summary>
    public readonly int Workers;

    /// <summary>The sum of all embeddings, [D].</summary>
    public double* EmbeddingSums { get; init; }

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
    public float* Centroids { get; init; }

    /// <summary>dE/dc but for the part along each image's own centroid, [B, D]: A C and the forces of close pairs.</summary>
    public float* CentroidForces { get; init; }

    /// <summary>norm(c)^2, [B].</summary>
    public float* SquaredNorms { get; init; }

    /// <summary>r, [B].</summary>
    public float* Radii { get; init; }

    /// <summary>The sum of A_ij over j, [workers, B].</summary>
    public double* ContactSums { get; init; }

    /// <summary>dE/dr but for w_size, [workers, B].</summary>
    public double* RadiusGradients { get; init; }

    /// <summary>The energy of the pairs before w_rep, one number.</summary>
    public double* Energy { get; init; }

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
        Energy = pieces.Take<double>(1);
        Pairs = pieces.Take<float>((long)Math.Min(shape.Images, strip.Rows) * Math.Min(shape.AllImages, strip.Columns));
        Scratch = pieces.Take<byte>(kernels.ScratchBytes(shape, Workers));
        Bytes = pieces.Bytes;
    }

    /// <summary>D, up to a multiple of four.</summary>
    public int PaddedWidth => (Shape.Width + 3) / 4 * 4;

    /// <summary>mu rounded, [D].</summary>
    public float* MeanHigh => Mean;

    /// <summary>What rounding took away, [D].</summary>
    public float* MeanLow => Mean + PaddedWidth;

    /// <summary>Centroids as a matrix.</summary>
    public Matrix CentroidMatrix => new(Centroids, Shape.Images, Shape.Width, Shape.Width);

    /// <summary>Forces as a matrix.</summary>
    public Matrix ForceMatrix => new(CentroidForces, Shape.Images, Shape.Width, Shape.Width);

    /// <summary>
    /// The same step with images counted over all processes, as pairs are: what each image has received belongs to this process's images
    /// alone, whose places come first elsewhere.
    /// </summary>
    /// <param name="centroids">c of all images.</param>
    /// <param name="squaredNorms">norm(c)^2 of all images.</param>
    /// <param name="radii">r of all images.</param>
    public BatchMemory AmongAll(float* centroids, float* squaredNorms, float* radii) => this with
    {
        Centroids = centroids,
        SquaredNorms = squaredNorms,
        Radii = radii,
        CentroidForces = CentroidForces - (nint)Shape.FirstImage * Shape.Width,
        ContactSums = ContactSums - Shape.FirstImage,
        RadiusGradients = RadiusGradients - Shape.FirstImage,
    };
}
