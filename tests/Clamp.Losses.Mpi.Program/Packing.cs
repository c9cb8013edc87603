using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Mpi.Program;

/// <summary>The loss of a batch that the processes share, against one process with the whole batch.</summary>
internal static class Packing
{
    public static void GoldenCasesAreThoseOfOneProcess(MpiProcessGroup group)
    {
        foreach (var name in GoldenCase.Names)
        {
            using var scope = NewDisposeScope();
            var golden = GoldenCase.Named(name);
            Check(group, golden.Options(ClampBackend.Composite), golden.Embeddings.to(float64), 1e-10);

            // The kernels' own distance from float64 in the case whose overlaps are smallest.
            Check(group, golden.Options(ClampBackend.Fused), golden.Embeddings.to(float32), name == "range_and_margin" ? 2e-6 : 1e-6);
        }
    }

    /// <summary>One all-reduce of D and one of 1 in float64, then the gatherings; without a gradient nothing of h.</summary>
    public static void SendsCentroidsInsteadOfEmbeddings(MpiProcessGroup group)
    {
        using var scope = NewDisposeScope();
        const int Views = 4, Images = 6, Width = 32;
        using var criterion = new ClampLoss(new ClampLossOptions { Backend = ClampBackend.Fused }, group);
        var before = group.BytesSent;
        criterion.LossAndGradient(rand(Views, Images, Width)).Gradient.shape.Should().Equal(Views, Images, Width);

        const int Agreement = 16 * sizeof(double), Sums = sizeof(double) * (Width + 1 + Width), Gathered = sizeof(float) * Images * (Width + 2);
        (group.BytesSent - before).Should().Be(group.WorldSize == 1 ? 0 : Agreement + Sums + Gathered);
    }

    public static void GeometryIsThatOfOneProcess(MpiProcessGroup group)
    {
        using var scope = NewDisposeScope();
        var options = new ClampLossOptions { RadiusScale = 2.5 };
        var embeddings = GoldenCase.Named("half_in_contact").Embeddings.to(ScalarType.Float64);
        using var whole = new ClampLoss(options);
        using var shared = new ClampLoss(options, group);
        using var expected = whole.Measure(embeddings);
        using var geometry = shared.Measure(Own(embeddings, group));

        geometry.Centroids.RelativeDistanceTo(expected.Centroids).Should().BeLessThan(1e-14);
        geometry.Contacts.Equals(expected.Contacts).Should().BeTrue();
        geometry.ToString().Should().Be(expected.ToString());
    }

    public static void DisagreementIsAnErrorOnEveryMember(MpiProcessGroup group)
    {
        if (group.WorldSize > 1)
        {
            using var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2 + Math.Min(group.Rank, 1) }, group);
            criterion.Invoking(it => it.forward(rand(2, 3, 4))).Should().Throw<InvalidOperationException>()
                .WithMessage("*RadiusScale is 2 on rank 0 and 3 on rank 1*");
        }
    }

    private static void Check(MpiProcessGroup group, ClampLossOptions options, Tensor embeddings, double tolerance)
    {
        using var whole = new ClampLoss(options);
        using var shared = new ClampLoss(options, group);
        var expected = whole.LossAndGradient(embeddings);
        var own = Own(embeddings, group).clone().requires_grad_();
        var loss = shared.forward(own);
        loss.backward();

        shared.LastBackend.Should().Be(options.Backend);
        loss.Value().DistanceTo(expected.Loss.Value()).Should().BeLessThan(tolerance);
        var gradient = group.AllGather(own.grad!.transpose(0, 1)).transpose(0, 1);
        gradient.RelativeDistanceTo(expected.Gradient).Should().BeLessThan(tolerance);
    }

    /// <summary>Of 16 images 5, 1 and 10 for three processes.</summary>
    private static Tensor Own(Tensor embeddings, MpiProcessGroup group)
    {
        var images = embeddings.shape[1];
        var ends = new[] { 0, images * 5 / 16, images * 5 / 16 + 1, images };
        if (group.WorldSize != 3)
        {
            ends = [.. Enumerable.Range(0, group.WorldSize + 1).Select(rank => images * rank / group.WorldSize)];
        }

        return embeddings.narrow(1, ends[group.Rank], ends[group.Rank + 1] - ends[group.Rank]);
    }
}
