using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Packing;

/// <summary>Alone, because the number of threads is the process's, also while another test's product runs.</summary>
[CollectionDefinition(nameof(ThreadCountTests), DisableParallelization = true)]
[Collection(nameof(ThreadCountTests))]
public sealed class ThreadCountTests : TorchTest
{
    [Fact]
    public void LossAndGradient_OneThread_AgreesWithSeveral()
    {
        var embeddings = ClusteredEmbeddings(4, 600, 65, dtype: ScalarType.Float32);
        var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 2.5 });
        var expected = criterion.LossAndGradient(embeddings);
        var threads = get_num_threads();
        set_num_threads(1);
        try
        {
            var (loss, gradient) = criterion.LossAndGradient(embeddings);

            loss.Value().DistanceTo(expected.Loss.Value()).Should().BeLessThan(1e-6);
            gradient.RelativeDistanceTo(expected.Gradient).Should().BeLessThan(1e-6);
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
