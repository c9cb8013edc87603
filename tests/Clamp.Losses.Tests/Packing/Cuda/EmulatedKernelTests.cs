using Clamp.Losses.Distributed;
using Clamp.Losses.Packing.Composite;
using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>
/// The CUDA kernels, run on the CPU in their launcher's order, against Composite in float64. A read or write outside a buffer and a
/// barrier that some thread misses end the program; what is never written is NaN.
/// </summary>
public sealed class EmulatedKernelTests(EmulatedKernels kernels) : TorchTest, IClassFixture<EmulatedKernels>
{
    private static readonly ScalarType[] Dtypes = [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16];

    private static readonly Gen<Func<EmulatedCase>> Cases =
        from views in Gen.Int[2, 9]
        from images in Gen.Int[2, 70]
        from width in Gen.Int[2, 70]
        from noise in Gen.Double[0.05, 1.0]
        from margin in Gen.Select(Gen.Int[0, 1], Gen.Int[0, 3], Gen.Int[0, 5])
        from strip in Gen.Select(Gen.Int[1, 40], Gen.Int[0, 60])
        from mostChunks in Gen.OneOfConst(1, 7, 1024)
        from tileRows in Gen.OneOfConst(8, 16, 64)
        from dtype in Gen.OneOfConst(Dtypes)
        from exponent in Gen.OneOfConst(2.0, 2.5, 3.0)
        from size in Gen.OneOfConst(0, 0.01)
        from minSeparation in Gen.OneOfConst(0, 0.3)
        from maxContactDistance in Gen.OneOfConst(0.8, 1.5)
        from logEnergy in Gen.Bool
        from upstream in Gen.OneOfConst(1.0, -2.5)
        from seed in Gen.Int[0, 1_000_000]
        select new Func<EmulatedCase>(() => new EmulatedCase(ClusteredEmbeddings(views, images, width, noise, dtype, seed), new()
        {
            RadiusScale = 2.5,
            PotentialExponent = exponent,
            SizeWeight = size,
            MinSeparation = minSeparation,
            MaxContactDistance = maxContactDistance,
            LogEnergy = logEnergy,
        }) with
        { Margin = margin, Strip = (strip.Item1, strip.Item1 + strip.Item2), MostChunks = mostChunks, TileRows = tileRows, Upstream = upstream, Seed = seed });

    public static TheoryData<string, ScalarType> GoldenCases
    {
        get
        {
            var cases = new TheoryData<string, ScalarType>();
            foreach (var name in GoldenCase.Names)
            {
                Array.ForEach(Dtypes, dtype => cases.Add(name, dtype));
            }

            return cases;
        }
    }

    [SkippableTheory, MemberData(nameof(GoldenCases))]
    public void GoldenCase_MatchesComposite(string name, ScalarType dtype)
    {
        var golden = GoldenCase.Named(name);

        Check(new EmulatedCase(golden.Embeddings.to(dtype), golden.Options(ClampBackend.Auto)));
    }

    [SkippableFact]
    public void RandomShapesStridesAndOptions_MatchComposite()
    {
        EmulatedKernels.SkipWithoutCompiler();
        Cases.Sample(sample =>
        {
            using var scope = NewDisposeScope();
            Check(sample());
        }, iter: 20, threads: 1, print: sample => sample().ToString());
    }

    [SkippableTheory]
    [InlineData(0.01, 3.0)]
    [InlineData(0.1, 3.0)]
    [InlineData(0.1, 0.3)]
    [InlineData(0.01, 0.0)]
    public void CloseCentroidsAndTightViews_MatchComposite(double noise, double clusters)
    {
        var centres = RandomEmbeddings(1, 5, 64, seed: 1).repeat(1, 14, 1);
        var embeddings = ((clusters * centres) + (3 * noise * RandomEmbeddings(1, 70, 64, seed: 2))
            + (noise * RandomEmbeddings(4, 70, 64, seed: 3))).to(float32);

        Check(new EmulatedCase(embeddings, new ClampLossOptions()));
    }

    [SkippableTheory]
    [InlineData(3, 3, 1500, 0.3)]
    [InlineData(40, 3, 130, 0.3)]
    [InlineData(2, 2, 2, 0.3)]
    [InlineData(2, 150, 3, 0.3)]
    [InlineData(3, 3, 1500, 1e-4)]
    [InlineData(2, 3, 1025, 1e-4)]
    [InlineData(40, 3, 130, 1e-4)]
    public void LargeAndSmallShapes_MatchComposite(int views, int images, int width, double noise)
    {
        // Many numbers of an image are read again instead of kept, many dimensions are summed in memory; little noise takes the double path.
        var embeddings = ClusteredEmbeddings(views, images, width, noise, ScalarType.Float32);

        Check(new EmulatedCase(embeddings, new ClampLossOptions { RadiusScale = 2.5, MinSeparation = 0 })
            with
        { Strip = (512, 2048) });
    }

    [SkippableTheory]
    [InlineData(1.5)]
    [InlineData(2.0)]
    public void ClosePairsBesideTheDiagonal_MatchComposite(double exponent)
    {
        // Images of three groups turn up in every strip, so that of the close pairs some lie beside the diagonal, in several tiles.
        var centres = RandomEmbeddings(1, 3, 24, seed: 1).repeat(1, 70, 1);
        var embeddings = ((2 * centres) + (0.3 * RandomEmbeddings(1, 210, 24, seed: 2)) + (0.3 * RandomEmbeddings(3, 210, 24, seed: 3)))
            .to(float32);
        var options = new ClampLossOptions { RadiusScale = 2, MinSeparation = 0, PotentialExponent = exponent };

        Check(new EmulatedCase(embeddings, options) with { Strip = (70, 210) });
    }

    [SkippableTheory]
    [InlineData(16)]
    [InlineData(64)]
    public void FewClosePairs_MatchComposite(int tileRows)
    {
        // In strips of 70 rows, one pair each in the first and in the last tile beside the diagonal, and one in the last square.
        var centres = RandomEmbeddings(1, 210, 24, seed: 1);
        foreach (var (image, other) in new[] { (3, 75), (66, 207), (190, 209) })
        {
            centres[0, other] = centres[0, image] + (0.05 * RandomEmbeddings(1, 1, 24, seed: image)[0, 0]);
        }

        var embeddings = (centres + (0.3 * RandomEmbeddings(3, 210, 24, seed: 3))).to(float32);

        Check(new EmulatedCase(embeddings, new ClampLossOptions { RadiusScale = 2, MinSeparation = 0 }) with
        { Strip = (70, 210), TileRows = tileRows });
    }

    [SkippableTheory]
    [InlineData(12)]
    [InlineData(33)]
    public void GramMatrixOfParts_MatchesComposite(int width)
    {
        var embeddings = ClusteredEmbeddings(3, 40, width, 0.3, ScalarType.Float32);

        Check(new EmulatedCase(embeddings, new ClampLossOptions { RadiusScale = 2.5, SplitProducts = true }) with { Strip = (12, 30) });
    }

    [SkippableTheory]
    [InlineData(1.0, 1000.0)]
    [InlineData(1e-14, 0.0)]
    public void EmbeddingsFarFromTheOriginOrBelowTheFloorOfNorms_MatchComposite(double scale, double offset)
    {
        var embeddings = ((scale * ClusteredEmbeddings(3, 9, 8)) + offset).to(float32);

        Check(new EmulatedCase(embeddings, new ClampLossOptions { RadiusScale = 2.5, MinSeparation = 0 }));
    }

    [SkippableTheory]
    [InlineData(1.0)]
    [InlineData(1e-4)]
    public void OffsetsBeyond32Bits_MatchComposite(double noise)
    {
        var embeddings = ClusteredEmbeddings(3, 3, 6, noise, ScalarType.Float32);
        var emulated = new EmulatedCase(embeddings, new ClampLossOptions { RadiusScale = 2.5, MinSeparation = 0 });

        // An image's first view lies 2^31 numbers behind the previous image's, a view more than 2^32 behind the previous view.
        Check(emulated with { Margin = (0, 0, 1L << 31) });
        Check(emulated with { PairStride = (1L << 31) + 4 });
    }

    [SkippableFact]
    public void ShuffledThreadsAndBlocks_GiveTheSameBits()
    {
        var emulated = new EmulatedCase(CloseAndDelicate(), new ClampLossOptions { RadiusScale = 2.5 });
        var expected = kernels.Run(emulated).Bits;

        for (int seed = 2; seed < 6; seed++)
        {
            kernels.Run(emulated with { Seed = seed }).Bits.Should().Equal(expected);
        }
    }

    [SkippableFact]
    public void EnergyAlone_IsTheSameLoss()
    {
        var emulated = new EmulatedCase(CloseAndDelicate(), new ClampLossOptions { RadiusScale = 2.5, SizeWeight = 0.1 });

        var alone = kernels.Run(emulated with { WithGradient = false, Strip = (30, 50) });

        alone.Loss.Should().Be(kernels.Run(emulated with { Strip = (30, 50) }).Loss);
        alone.Gradient.numel().Should().Be(0);
    }

    [SkippableTheory]
    [InlineData(ScalarType.Float16, 1.0)]
    [InlineData(ScalarType.Float16, 1e-5)]
    [InlineData(ScalarType.Float16, 1e6)]
    [InlineData(ScalarType.BFloat16, 1.0)]
    [InlineData(ScalarType.BFloat16, 1e-37)]
    public void HalfPrecision_IsFloat32RoundedToNearest(ScalarType dtype, double upstream)
    {
        // Columns from very small numbers, subnormal in float16, to large ones.
        var scales = logspace(-7, 2, 24, dtype: ScalarType.Float64);
        var half = (ClusteredEmbeddings(3, 20, 24) * scales).to(dtype);
        var options = new ClampLossOptions { RadiusScale = 2.5 };

        var result = kernels.Run(new EmulatedCase(half, options) with { Upstream = upstream });

        var single = kernels.Run(new EmulatedCase(half.to(float32), options) with { Upstream = upstream });
        result.Loss.Should().Be(single.Loss);
        result.Gradient.BitPattern().Should().Equal(single.Gradient.to(dtype).BitPattern());
    }

    [SkippableTheory]
    [InlineData(float.NaN, ScalarType.Float32)]
    [InlineData(float.PositiveInfinity, ScalarType.Float32)]
    [InlineData(float.NaN, ScalarType.Float16)]
    [InlineData(float.NegativeInfinity, ScalarType.BFloat16)]
    public void OneValueThatIsNoNumber_GivesNaN(float value, ScalarType dtype)
    {
        var embeddings = ClusteredEmbeddings(3, 6, 4, dtype: dtype);
        embeddings[1, 2, 3] = tensor(value, dtype: dtype);

        foreach (var options in new ClampLossOptions[] { new(), new() { RepulsionWeight = 0, SizeWeight = 1 }, new() { LogEnergy = false } })
        {
            var result = kernels.Run(new EmulatedCase(embeddings, options));
            result.Loss.Should().Be(double.NaN);
            result.Gradient.isnan().any().item<bool>().Should().BeTrue();
        }
    }

    [SkippableTheory]
    [InlineData("all equal")]
    [InlineData("all zero")]
    [InlineData("views equal")]
    [InlineData("1e30")]
    [InlineData("1e-30")]
    [InlineData("one width")]
    public void DegenerateBatch_IsFiniteAndTheLossThatOfComposite(string kind)
    {
        var embeddings = Degenerate(kind).to(float32);

        var result = kernels.Run(new EmulatedCase(
            embeddings, new ClampLossOptions { SizeWeight = 1, MinSeparation = 0, PotentialExponent = 1.5 }));

        result.Loss.DistanceTo(result.Expected().Loss).Should().BeLessThan(1e-5);
        result.Gradient.isfinite().all().item<bool>().Should().BeTrue();
    }

    private static Tensor Degenerate(string kind) => kind switch
    {
        "all equal" => ones(3, 6, 4, dtype: float64) * 0.3,
        "all zero" => zeros(3, 6, 4, dtype: float64),
        "views equal" => RandomEmbeddings(1, 6, 4).expand(3, 6, 4),
        "1e30" => ClusteredEmbeddings(3, 6, 4) * 1e30,
        "1e-30" => ClusteredEmbeddings(3, 6, 4) * 1e-30,
        "one width" => ClusteredEmbeddings(3, 6, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown batch."),
    };

    /// <summary>Some images far from each other, some close, some of whose views nearly agree.</summary>
    private static Tensor CloseAndDelicate()
    {
        var embeddings = ClusteredEmbeddings(5, 70, 20);
        embeddings.narrow(1, 10, 30).copy_(embeddings.narrow(1, 3, 1) + (0.05 * RandomEmbeddings(5, 30, 20, seed: 2)));
        embeddings.narrow(1, 45, 10).copy_(embeddings.narrow(1, 45, 10).narrow(0, 0, 1) + (0.01 * RandomEmbeddings(5, 10, 20, seed: 3)));
        return embeddings.to(float32);
    }

    /// <summary>
    /// Float32 rounds each step, 16-bit types round the gradient once: to 11 bits, or to 8. Coincident centroids depend on the rounding
    /// of the embeddings' mean.
    /// </summary>
    private static double ToleranceOf(ScalarType dtype) => dtype switch
    {
        ScalarType.Float16 => 5e-4,
        ScalarType.BFloat16 => 4e-3,
        _ => 1e-5,
    };

    private void Check(EmulatedCase emulated)
    {
        var result = kernels.Run(emulated);

        var (loss, gradient) = result.Expected();
        var subManifolds = SubManifolds.Of(
            emulated.Embeddings, emulated.Options.RadiusScale, BatchPart.Whole(emulated.Embeddings.shape[1]));
        result.Loss.DistanceTo(loss).Should().BeLessThan(1e-5);
        result.Centroids.RelativeDistanceTo(subManifolds.Centroids).Should().BeLessThan(1e-6);
        result.Radii.RelativeDistanceTo(subManifolds.Radii).Should().BeLessThan(1e-6);

        // Where float16 is subnormal, it is spaced 6e-8 apart.
        var spacing = emulated.Embeddings.dtype == ScalarType.Float16 ? 3e-8 * Math.Sqrt(gradient.numel()) : 0;
        (result.Gradient.to(float64) - gradient).norm().Value().Should()
            .BeLessThanOrEqualTo((ToleranceOf(emulated.Embeddings.dtype) * gradient.norm().Value()) + spacing);
    }
}
