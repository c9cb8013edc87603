using System.Runtime.InteropServices;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

/// <summary>Alone, because other tests' allocations would count in the resident memory.</summary>
[CollectionDefinition(nameof(ClampLossMemoryTests), DisableParallelization = true)]
[Collection(nameof(ClampLossMemoryTests))]
public sealed partial class ClampLossMemoryTests
{
    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    [Theory]
    [InlineData(ClampBackend.Composite)]
    [InlineData(ClampBackend.Fused)]
    public void ForwardAndBackward_LeaveTheLossAlone(ClampBackend backend)
    {
        using var criterion = new ClampLoss(new ClampLossOptions { Backend = backend });
        using var embeddings = Clustered(3, 8, 6).requires_grad_();
        Train(criterion, embeddings, 1); // The module keeps memory of its own from its first step on.
        using var gradient = embeddings.grad!;
        var before = LiveTensors;

        using var loss = criterion.forward(embeddings);
        loss.backward();

        criterion.LastBackend.Should().Be(backend);
        LiveTensors.Should().Be(before + 1);
    }

    [Fact]
    public void FusedSteps_HoldAFixedNumberOfTensors()
    {
        using var criterion = new ClampLoss();
        using var embeddings = Clustered(3, 8, 6).requires_grad_();
        Train(criterion, embeddings, 2);
        var before = LiveTensors;

        Train(criterion, embeddings, 100);

        criterion.LastBackend.Should().Be(ClampBackend.Fused);
        LiveTensors.Should().Be(before);
    }

    [Fact]
    public void FusedModule_Disposed_LeavesNothing()
    {
        using var embeddings = Clustered(3, 8, 6).requires_grad_();
        Train(new ClampLoss(), embeddings, 1);
        var before = LiveTensors;

        using (var criterion = new ClampLoss())
        {
            Train(criterion, embeddings, 3);
            criterion.LastBackend.Should().Be(ClampBackend.Fused);
        }

        LiveTensors.Should().Be(before);
    }

    [Fact]
    public void FusedStep_AllocatesNoManagedMemoryThatGrowsWithTheBatch()
    {
        static long AllocatedBy(int images)
        {
            using var criterion = new ClampLoss();
            using var embeddings = Clustered(2, images, 16).requires_grad_();
            Train(criterion, embeddings, 30);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Train(criterion, embeddings, 10);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            criterion.LastBackend.Should().Be(ClampBackend.Fused);
            return allocated / 10;
        }

        AllocatedBy(4000).Should().BeLessThan(AllocatedBy(64) + 4096);
    }

    [Theory]
    [InlineData(ClampBackend.Composite)]
    [InlineData(ClampBackend.Fused)]
    public void LossAndGradient_LeavesThoseTwo(ClampBackend backend)
    {
        using var criterion = new ClampLoss(new ClampLossOptions { Backend = backend });
        using var embeddings = Clustered(3, 8, 6);
        criterion.Measure(embeddings).Dispose(); // The module keeps memory of its own from its first call on.
        var before = LiveTensors;

        var (loss, gradient) = criterion.LossAndGradient(embeddings);

        criterion.LastBackend.Should().Be(backend);
        LiveTensors.Should().Be(before + 2);
        loss.Dispose();
        gradient.Dispose();
    }

    [Theory]
    [InlineData(ClampBackend.Composite)]
    [InlineData(ClampBackend.Fused)]
    public void Measure_Disposed_LeavesNothing(ClampBackend backend)
    {
        using var criterion = new ClampLoss(new ClampLossOptions { Backend = backend });
        using var embeddings = Clustered(3, 8, 6);
        criterion.Measure(embeddings).Dispose();
        var before = LiveTensors;

        criterion.Measure(embeddings).Dispose();

        LiveTensors.Should().Be(before);
        using var loss = criterion.forward(embeddings); // Measure does not say who computed; a loss is chosen alike.
        criterion.LastBackend.Should().Be(backend);
    }

    [Fact]
    public void Forward_BadShape_LeavesNothing()
    {
        using var criterion = new ClampLoss();
        using var embeddings = zeros(1, 8, 6);
        var before = LiveTensors;

        var act = () => criterion.forward(embeddings);

        act.Should().Throw<ArgumentException>();
        LiveTensors.Should().Be(before);
    }

    [Theory]
    [InlineData(ClampBackend.Composite)]
    [InlineData(ClampBackend.Fused)]
    public void FiveThousandSteps_KeepResidentMemoryFlat(ClampBackend backend)
    {
        using var criterion = new ClampLoss(new ClampLossOptions { Backend = backend });
        using var embeddings = Clustered(4, 32, 64).requires_grad_();
        Train(criterion, embeddings, 500);
        var before = ResidentMegabytes();

        Train(criterion, embeddings, 5000);

        criterion.LastBackend.Should().Be(backend);

        // One leaked [4, 32, 64] tensor a step would be 160 MB; the garbage collector and the JIT move a few.
        (ResidentMegabytes() - before).Should().BeLessThan(32);
    }

    /// <summary>float32, because float64 embeddings run Composite whatever the options say.</summary>
    private static Tensor Clustered(int views, int images, int width) =>
        TorchTest.ClusteredEmbeddings(views, images, width, dtype: ScalarType.Float32);

    private static void Train(ClampLoss criterion, Tensor embeddings, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            using var loss = criterion.forward(embeddings);
            loss.backward();
            using var gradient = embeddings.grad!;
            using var cleared = gradient.zero_();
        }
    }

    private static double ResidentMegabytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (OperatingSystem.IsLinux())
        {
            // glibc keeps freed memory: give it back first, so that what remains is held by somebody.
            _ = TrimMemory(0);
        }

        return Environment.WorkingSet / 1048576.0;
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int TrimMemory(nuint pad);
}
