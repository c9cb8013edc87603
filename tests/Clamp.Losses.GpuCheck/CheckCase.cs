using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cuda;

namespace Clamp.Losses.GpuCheck;

/// <summary>A batch whose loss and gradient the kernels must get right.</summary>
/// <param name="Name">What is special about it.</param>
/// <param name="Shape">V, B and D.</param>
/// <param name="Options">The loss.</param>
internal sealed record CheckCase(string Name, (int Views, int Images, int Width) Shape, ClampLossOptions Options)
{
    /// <summary>The type of the embeddings.</summary>
    public ElementType Element { get; init; } = ElementType.Float32;

    /// <summary>How many images share a centre, but for a little noise; 1 for a centre each.</summary>
    public int ImagesPerCentre { get; init; } = 1;

    /// <summary>How much views scatter where images share a centre.</summary>
    public double Scatter { get; init; } = 0.03;

    /// <summary>How much larger the tensor is that the embeddings are a slice of, all of it before them.</summary>
    public (int Views, int Images, int Width) Margin { get; init; }

    /// <summary>How many rows and columns a strip of pairs has at most; null for what the library takes.</summary>
    public (int Rows, int Columns)? Strip { get; init; }

    /// <summary>From how many images on products may be split.</summary>
    public int LeastSplitImages { get; init; } = SplitProduct.LeastImages;

    /// <summary>Float32 rounds each step; 16-bit types round the gradient once, to 11 bits or to 8; close pairs lose a digit.</summary>
    public double GradientTolerance => Element switch
    {
        ElementType.Float16 => 5e-4,
        ElementType.BFloat16 => 4e-3,
        _ => ImagesPerCentre > 1 ? 1e-4 : 1e-5,
    };

    /// <summary>Every case in every type.</summary>
    public static IReadOnlyList<CheckCase> All { get; } =
    [
        .. from element in Enum.GetValues<ElementType>()
           from each in Float32Cases()
           select each with { Element = element },
    ];

    /// <summary>Embeddings, the same on every machine: views scatter about their image's centre, more for some images than for others.</summary>
    public double[] Draw()
    {
        var random = new Random(1);
        var (views, images, width) = Shape;
        var centres = Array.ConvertAll(new double[images * width], _ => Normal(random));
        var embeddings = new double[views * images * width];
        for (int i = 0; i < images; i++)
        {
            var (noise, centre) = (0.1 + 1.1 * random.NextDouble(), i / ImagesPerCentre * ImagesPerCentre);
            for (int v = 0; v < views; v++)
            {
                for (int d = 0; d < width; d++)
                {
                    var scatter = ImagesPerCentre == 1 ? noise : Scatter;
                    embeddings[(v * images + i) * width + d] = centres[centre * width + d] + scatter * Normal(random);
                }
            }
        }

        return embeddings;
    }

    private static CheckCase[] Float32Cases() =>
    [
        new("plain", (4, 64, 100), new ClampLossOptions { RadiusScale = 2.5 }),
        new("many views", (16, 128, 256), new ClampLossOptions { RadiusScale = 4 }),
        new("odd slice", (2, 301, 513), new ClampLossOptions { RadiusScale = 2 }) { Margin = (1, 2, 3) },
        new("alpha 3, w_size 0.01", (4, 200, 64), new ClampLossOptions { RadiusScale = 2.5, PotentialExponent = 3, SizeWeight = 0.01 }),
        new("energy without logarithm", (3, 100, 33), new ClampLossOptions { RadiusScale = 2.5, LogEnergy = false }),
        new("close pairs", (4, 96, 64), new ClampLossOptions { RadiusScale = 8.5, MinSeparation = 0 }) { ImagesPerCentre = 6 },
        new("small strips", (3, 300, 40), new ClampLossOptions { RadiusScale = 2.5 }) { Strip = (64, 130) },
        new("two strips of the library's", (2, 3000, 32), new ClampLossOptions { RadiusScale = 2.5 }),
        .. SplitProductCases(),
    ];

    /// <summary>
    /// Pairs that are nearly, but not quite, close enough for their distance to be formed from the difference suffer most from errors of
    /// the products; they come without the option too, to compare.
    /// </summary>
    private static IEnumerable<CheckCase> SplitProductCases() =>
    [
        new("split products", (3, 300, 40), new ClampLossOptions { RadiusScale = 2.5, SplitProducts = true })
        {
            LeastSplitImages = 2,
            Strip = (64, 130),
        },
        new("split products, close pairs", (4, 96, 64), new ClampLossOptions { RadiusScale = 8.5, MinSeparation = 0, SplitProducts = true })
        {
            ImagesPerCentre = 6,
            LeastSplitImages = 2,
        },
        .. from width in new[] { 512, 2048 }
           from split in new[] { false, true }
           let options = new ClampLossOptions { RadiusScale = 2.5, SplitProducts = split }
           select new CheckCase(split ? "split products, nearly close pairs" : "nearly close pairs", (2, 300, width), options)
           {
               ImagesPerCentre = 50,
               Scatter = 0.4,
               LeastSplitImages = 2,
           },
        new("split products from 4096 on", (2, 4096, 128), new ClampLossOptions { RadiusScale = 2.5, SplitProducts = true }),
    ];

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
