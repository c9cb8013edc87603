namespace Clamp.Losses.Benchmarks;

/// <summary>A step over many GPUs, as far as arithmetic can tell: each has as many images of its own whatever their number.</summary>
/// <param name="Views">V.</param>
/// <param name="Images">B of one GPU.</param>
/// <param name="Width">D.</param>
/// <param name="BytesPerNumber">Of a centroid that travels.</param>
internal sealed record GroupModel(int Views, int Images, int Width, int BytesPerNumber = sizeof(float))
{
    // Assumptions, which the command prints.
    public const double EncoderSecondsPerView = 0.4e-3;
    public const double ProductFlops = 50e12;
    public const double MemoryBytesPerSecond = 3e12;
    public const double NodeBytesPerSecond = 300e9;
    public const double NetworkBytesPerSecond = 45e9;
    public const double HopSeconds = 5e-6;
    public const int NodeGpus = 8;
    public const long Parameters = 25_600_000;

    // The agreement, three sums and two gatherings, each after the group's own agreement on the call.
    private const int Operations = 2 * 6;

    // Gram matrix, A, and both products read or write each pair; the interactions read and write it.
    private const int PassesOverPairs = 5;

    /// <summary>Forward and backward of the encoder.</summary>
    public double EncoderSeconds => (double)Views * Images * EncoderSecondsPerView;

    /// <summary>What a GPU receives: the other GPUs' centroids, squared norms and radii.</summary>
    /// <param name="gpus">W.</param>
    public double BytesReceived(int gpus) => (gpus - 1.0) * Images * ((double)Width * BytesPerNumber + 2 * sizeof(float));

    /// <summary>The same when all embeddings are gathered.</summary>
    /// <param name="gpus">W.</param>
    public double EmbeddingBytesReceived(int gpus) => (gpus - 1.0) * Views * Images * Width * sizeof(float);

    /// <summary>A ring's time for bytes that each GPU receives.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="gpus">W.</param>
    public static double Transfer(double bytes, int gpus) => bytes / (gpus <= NodeGpus ? NodeBytesPerSecond : NetworkBytesPerSecond);

    /// <summary>The wait for messages, however small.</summary>
    /// <param name="gpus">W.</param>
    public static double Latency(int gpus) => Operations * HopSeconds * Math.Log2(gpus);

    /// <summary>C C^T and A C of the own rows, and the passes over those pairs.</summary>
    /// <param name="gpus">W.</param>
    public double Pairs(int gpus)
    {
        var pairs = (double)Images * Images * gpus;
        return 4 * pairs * Width / ProductFlops + PassesOverPairs * sizeof(float) * pairs / MemoryBytesPerSecond;
    }

    /// <summary>The whole loss over its group.</summary>
    /// <param name="gpus">W.</param>
    public double Loss(int gpus) => Pairs(gpus) + Transfer(BytesReceived(gpus), gpus) + Latency(gpus);

    /// <summary>The same when embeddings are gathered and each GPU goes through all pairs, as the paper's code does.</summary>
    /// <param name="gpus">W.</param>
    public double LossOfGatheredEmbeddings(int gpus) => gpus * Pairs(gpus) + Transfer(EmbeddingBytesReceived(gpus), gpus) + Latency(gpus);

    /// <summary>The sum of the parameters' gradients, which every loss needs.</summary>
    /// <param name="gpus">W.</param>
    public static double GradientSum(int gpus) => Transfer(2.0 * sizeof(float) * Parameters * (gpus - 1) / gpus, gpus);

    /// <summary>The least number of GPUs at which the loss takes such a share of the encoder's time; it grows with their number.</summary>
    /// <param name="share">The share.</param>
    public int Reaches(double share)
    {
        var (below, reached) = (0, 1 << 24);
        while (reached - below > 1)
        {
            var between = (below + reached) / 2;
            (below, reached) = Loss(between) < share * EncoderSeconds ? (between, reached) : (below, between);
        }

        return reached;
    }
}
