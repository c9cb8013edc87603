using Clamp.Losses.Tests.Support;
using CsCheck;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

/// <summary>What the loss must not depend on, on random shapes, spreads and exponents, in float64.</summary>
public sealed class ClampLossInvarianceTests : TorchTest
{
    // Sums in another order differ by rounding, which the logarithm of a small energy magnifies.
    private const double Tolerance = 1e-8;

    private static readonly Gen<Batch> Batches =
        from views in Gen.Int[2, 6]
        from images in Gen.Int[2, 12]
        from width in Gen.Int[1, 9]
        from noise in Gen.Double[0.05, 1.0]
        from exponent in Gen.OneOfConst(1.5, 2.0, 3.0)
        from seed in Gen.Int[0, 1_000_000]
        select new Batch(views, images, width, noise, exponent, seed);

    [Fact]
    public void Loss_RotatedEmbeddings_IsTheSame() =>
        IsInvariant((batch, embeddings) => embeddings.matmul(linalg.qr(RandomEmbeddings(1, batch.Width, batch.Width, seed: batch.Seed + 5)[0]).Q));

    [Fact]
    public void Loss_TranslatedEmbeddings_IsTheSame() =>
        IsInvariant((batch, embeddings) => embeddings + 3 * RandomEmbeddings(1, 1, batch.Width, seed: batch.Seed + 5));

    [Fact]
    public void Loss_ScaledEmbeddings_IsTheSame() =>
        IsInvariant((batch, embeddings) => embeddings * Math.Pow(10, (batch.Seed % 9) - 4));

    [Fact]
    public void Loss_PermutedImages_IsTheSame() =>
        IsInvariant((batch, embeddings) => embeddings.index_select(1, Permutation(batch.Images, batch.Seed)));

    [Fact]
    public void Loss_PermutedViews_IsTheSame() =>
        IsInvariant((batch, embeddings) => embeddings.index_select(0, Permutation(batch.Views, batch.Seed)));

    [Fact]
    public void Gradient_OfInvariantLoss_SumsToZeroOverTheBatch() =>
        Batches.Sample(batch =>
        {
            using var scope = NewDisposeScope();
            var (_, gradient) = Criterion(batch).LossAndGradient(batch.Embeddings());
            return gradient.sum([0, 1]).norm().Value() <= 1e-9 * (1 + gradient.norm().Value());
        }, iter: 100, threads: 1);

    [Fact]
    public void Gradient_OfInvariantLoss_HasNoPartAlongTheCentredEmbeddings() =>
        Batches.Sample(batch =>
        {
            using var scope = NewDisposeScope();
            var embeddings = batch.Embeddings();
            var (_, gradient) = Criterion(batch).LossAndGradient(embeddings);
            var centred = embeddings - embeddings.mean([0, 1]);
            return Math.Abs((gradient * centred).sum().Value()) <= 1e-9 * (1 + gradient.norm().Value() * centred.norm().Value());
        }, iter: 100, threads: 1);

    private static void IsInvariant(Func<Batch, Tensor, Tensor> change) =>
        Batches.Sample(batch =>
        {
            using var scope = NewDisposeScope();
            var (criterion, embeddings) = (Criterion(batch), batch.Embeddings());
            return criterion.forward(change(batch, embeddings)).Value().DistanceTo(criterion.forward(embeddings).Value()) < Tolerance;
        }, iter: 100, threads: 1);

    private static ClampLoss Criterion(Batch batch) => new(new ClampLossOptions { RadiusScale = 2.5, PotentialExponent = batch.Exponent });

    private static Tensor Permutation(long count, long seed)
    {
        using var generator = new Generator((ulong)seed);
        return randperm(count, generator: generator);
    }

    private sealed record Batch(int Views, int Images, int Width, double Noise, double Exponent, int Seed)
    {
        public Tensor Embeddings() => ClusteredEmbeddings(Views, Images, Width, Noise, seed: Seed);
    }
}
