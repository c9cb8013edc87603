using Clamp.Losses.Distributed;
using Clamp.Losses.Packing;
using Clamp.Losses.Packing.Cpu;
using Clamp.Losses.Tests.Golden;
using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests.Distributed;

/// <summary>The loss of a batch whose images lie on several processes: what one process has with all of them.</summary>
public sealed class GroupLossTests : TorchTest
{
    private const ClampBackend Fused = ClampBackend.Fused;
    private const ClampBackend Composite = ClampBackend.Composite;

    public static TheoryData<string, ScalarType, ClampBackend> GoldenCases()
    {
        var cases = new TheoryData<string, ScalarType, ClampBackend>();
        foreach (var name in GoldenCase.Names)
        {
            cases.Add(name, ScalarType.Float64, Composite);
            cases.Add(name, ScalarType.Float32, Composite);
            cases.Add(name, ScalarType.Float32, Fused);
        }

        return cases;
    }

    [Theory, MemberData(nameof(GoldenCases))]
    public void LossAndGradient_GoldenCase_AreThoseOfOneProcess(string name, ScalarType dtype, ClampBackend backend)
    {
        var golden = GoldenCase.Named(name);
        var embeddings = golden.Embeddings.to(dtype);
        var options = golden.Options(backend);
        var expected = OneProcess(options, embeddings);

        // Where overlaps are tiny, one process is itself further from float64 than the tolerance, and another order of sums is as far.
        var exact = OneProcess(golden.Options(Composite), embeddings.to(float64));
        var tolerance = Math.Max(ToleranceOf(dtype), expected.Gradient.RelativeDistanceTo(exact.Gradient));
        for (int members = 1; members <= 5; members++)
        {
            var (losses, gradient) = Together(options, embeddings, ThreadGroup.Shares(embeddings.shape[1], members));

            losses.Should().AllSatisfy(loss => loss.DistanceTo(expected.Loss.Value()).Should().BeLessThan(ToleranceOf(dtype)));
            gradient.RelativeDistanceTo(expected.Gradient).Should().BeLessThan(tolerance);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float64, Composite)]
    [InlineData(ScalarType.Float32, Fused)]
    [InlineData(ScalarType.Float16, Fused)]
    public void Backward_SeveralStripsOfPairs_GivesTheGradientOfTheWholeBatchsLoss(ScalarType dtype, ClampBackend backend)
    {
        var options = new ClampLossOptions { RadiusScale = 2.5, SizeWeight = 0.1, Backend = backend };
        var embeddings = ClusteredEmbeddings(3, 700, 12, dtype: dtype);
        var expected = OneProcess(options, embeddings).Gradient.to(float64) * -2.5;

        var gradients = ThreadGroup.Run(3, group =>
        {
            using var criterion = new ClampLoss(options, group);
            var own = group.Own(embeddings, [300, 1, 399]).clone().requires_grad_();
            (criterion.forward(own) * -2.5).backward();
            criterion.LastBackend.Should().Be(backend);
            return own.grad!;
        });

        gradients.Should().AllSatisfy(gradient => gradient.dtype.Should().Be(dtype));
        cat(gradients, 1).RelativeDistanceTo(expected).Should().BeLessThan(dtype == ScalarType.Float16 ? 5e-4 : ToleranceOf(dtype));
    }

    /// <summary>Gradients that are to be summed over the members: each is its own part of the true gradient, neither averaged nor repeated.</summary>
    [Fact]
    public void Backward_ParameterGradients_AddUpToThoseOfOneProcess()
    {
        var images = ClusteredEmbeddings(4, 20, 6);
        var weight = RandomEmbeddings(1, 6, 5, seed: 3)[0].requires_grad_();
        new ClampLoss().forward(images.matmul(weight)).backward();

        var gradients = ThreadGroup.Run(3, group =>
        {
            using var criterion = new ClampLoss(processGroup: group);
            var own = weight.detach().clone().requires_grad_();
            criterion.forward(group.Own(images, [4, 10, 6]).matmul(own)).backward();
            return own.grad!;
        });

        stack(gradients).sum([0]).RelativeDistanceTo(weight.grad!).Should().BeLessThan(1e-10);
    }

    [Fact]
    public void Backward_Fused_CommunicatesNothing()
    {
        var calls = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(new ClampLossOptions { Backend = Fused }, group);
            var own = ClusteredEmbeddings(2, 8, 4, dtype: ScalarType.Float32).requires_grad_();
            var loss = criterion.forward(own);
            var before = group.Calls;
            loss.backward();
            return group.Calls - before;
        });

        calls.Should().AllBeEquivalentTo(0);
    }

    [Fact]
    public void Backward_FusedTwice_CommunicatesAsForwardDid()
    {
        var calls = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(new ClampLossOptions { Backend = Fused }, group);
            var own = ClusteredEmbeddings(2, 8, 4, dtype: ScalarType.Float32).requires_grad_();
            var loss = criterion.forward(own);
            var inForward = group.Calls;
            loss.backward(retain_graph: true);
            loss.backward();
            return (Forward: inForward, Second: group.Calls - inForward);
        });

        // All but the agreement.
        calls.Should().AllSatisfy(count => count.Second.Should().Be(count.Forward - 1));
    }

    [Fact]
    public void Backward_FusedTwice_GivesTheSameGradientAgain()
    {
        var embeddings = ClusteredEmbeddings(3, 9, 4, dtype: ScalarType.Float32);

        var gradients = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(new ClampLossOptions { Backend = Fused }, group);
            var own = group.Own(embeddings, [4, 5]).clone().requires_grad_();
            var loss = criterion.forward(own);
            loss.backward(retain_graph: true);
            loss.backward();
            return own.grad!;
        });

        cat(gradients, 1).RelativeDistanceTo(2 * OneProcess(new ClampLossOptions(), embeddings).Gradient).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-14)]
    [InlineData(ScalarType.Float32, 1e-6)] // One process alone measures these in float32.
    public void Measure_GivesTheGeometryOfTheWholeBatch(ScalarType dtype, double tolerance)
    {
        var options = new ClampLossOptions { RadiusScale = 2.5, SizeWeight = 0.1 };
        var embeddings = ClusteredEmbeddings(4, 30, 6, dtype: dtype);
        using var expected = new ClampLoss(options).Measure(embeddings);

        var measured = ThreadGroup.Run(3, group => new ClampLoss(options, group).Measure(group.Own(embeddings, [5, 1, 24])));

        measured.Should().AllSatisfy(geometry =>
        {
            geometry.Centroids.RelativeDistanceTo(expected.Centroids).Should().BeLessThan(tolerance);
            geometry.Radii.RelativeDistanceTo(expected.Radii).Should().BeLessThan(tolerance);
            geometry.Overlaps.RelativeDistanceTo(expected.Overlaps).Should().BeLessThan(100 * tolerance);
            geometry.NetForces.RelativeDistanceTo(expected.NetForces).Should().BeLessThan(100 * tolerance);
            geometry.Contacts.Equals(expected.Contacts).Should().BeTrue();
            geometry.Verdict.Should().Be(expected.Verdict);
            FiguresOf(geometry).Should().HaveCount(19).And.Equal(
                FiguresOf(expected), (one, other) => Math.Abs(one - other) <= 100 * tolerance * Math.Abs(other));
        });
    }

    [Fact]
    public void Measure_NaNOnOneMember_IsUndefinedOnAll()
    {
        var verdicts = ThreadGroup.Run(2, group =>
        {
            var own = ClusteredEmbeddings(2, 4, 3);
            own[0, 0, 0] = group.Rank == 1 ? double.NaN : 0;
            return new ClampLoss(processGroup: group).Measure(own).Verdict;
        });

        verdicts.Should().AllBeEquivalentTo(PackingVerdict.Undefined);
    }

    [Theory]
    [InlineData(Composite)]
    [InlineData(Fused)]
    public void Forward_NaNOnOneMember_IsNaNOnAll(ClampBackend backend)
    {
        var losses = ThreadGroup.Run(2, group =>
        {
            var own = ClusteredEmbeddings(2, 4, 3, dtype: ScalarType.Float32);
            own[0, 0, 0] = group.Rank == 1 ? float.NaN : 0;
            return new ClampLoss(new ClampLossOptions { Backend = backend }, group).forward(own).Value();
        });

        losses.Should().AllBeEquivalentTo(double.NaN);
    }

    [Theory]
    [InlineData("V", "*V is 2 on rank 0 and 3 on rank 1*")]
    [InlineData("D", "*D is 4 on rank 0 and 5 on rank 1*")]
    [InlineData("dtype", "*dtype is Float32 on rank 0 and Float16 on rank 1*")]
    [InlineData("backend", "*backend is Fused on rank 0 and Composite on rank 1*")]
    [InlineData("options", "*RadiusScale is 8.5 on rank 0 and 7 on rank 1*")]
    [InlineData("graph", "*the embeddings require a gradient on rank 0 but not on rank 1, or rank 1 is inside no_grad*")]
    public void Forward_MembersThatDisagree_FailsOnEachOfThem(string about, string message)
    {
        var faults = FaultsOf(group =>
        {
            var other = group.Rank == 1;
            var options = new ClampLossOptions { RadiusScale = other && about == "options" ? 7 : 8.5 };
            options.Backend = other && about == "backend" ? Composite : Fused;
            using var criterion = new ClampLoss(options, group);
            var own = zeros(
                [other && about == "V" ? 3 : 2, 6, other && about == "D" ? 5 : 4],
                other && about == "dtype" ? ScalarType.Float16 : ScalarType.Float32);
            criterion.forward(own.requires_grad_(!(other && about == "graph")));
        });

        faults.Should().HaveCount(2).And.AllSatisfy(fault =>
        {
            fault.Should().BeOfType<InvalidOperationException>();
            fault!.Message.Should().Match(message);
        });
    }

    [Fact]
    public void Forward_EmbeddingsThatOneMemberRefuses_FailsOnEachOfThem()
    {
        var faults = FaultsOf(group =>
        {
            using var criterion = new ClampLoss(processGroup: group);
            criterion.forward(group.Rank == 1 ? zeros(2, 3) : zeros(2, 3, 4));
        });

        faults[0].Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("Rank 1").And.Contain("refused");
        faults[1].Should().BeOfType<ArgumentException>().Which.ParamName.Should().Be("embeddings");
    }

    [Fact]
    public void Backward_CompositeWithCreateGraph_IsNaN()
    {
        var gradients = ThreadGroup.Run(2, group =>
        {
            var own = ClusteredEmbeddings(2, 4, 3).requires_grad_();
            var loss = new ClampLoss(new ClampLossOptions { Backend = Composite }, group).forward(own);
            return autograd.grad([loss], [own], create_graph: true)[0];
        });

        gradients.Should().AllSatisfy(gradient => gradient.isnan().any().item<bool>().Should().BeTrue());
    }

    [Theory]
    [InlineData(Composite)]
    [InlineData(Fused)]
    public void Steps_LeaveNoTensor(ClampBackend backend)
    {
        var left = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(new ClampLossOptions { Backend = backend }, group);
            using var own = ClusteredEmbeddings(3, 6, 5, dtype: ScalarType.Float32).requires_grad_();
            Step();
            var before = LiveTensors;
            Step();
            Step();
            return LiveTensors - before;

            // No scope, which would hide what a call leaves to it.
            void Step()
            {
                using var loss = criterion.forward(own);
                loss.backward();
                criterion.LastBackend.Should().Be(backend);
                var (again, gradient) = criterion.LossAndGradient(own);
                again.Dispose();
                gradient.Dispose();
                criterion.Measure(own).Dispose();
                own.grad!.Dispose();
                own.grad = null;
            }
        });

        left.Should().AllBeEquivalentTo(0L);
    }

    [Theory]
    [InlineData(Composite)]
    [InlineData(Fused)]
    public void Steps_GroupThatLeavesItsResultsToTheCaller_DisposeThem(ClampBackend backend)
    {
        var left = ThreadGroup.Run(2, group =>
        {
            var detaching = new DetachingGroup(group);
            using var criterion = new ClampLoss(new ClampLossOptions { Backend = backend }, detaching);
            var own = ClusteredEmbeddings(3, 6, 5, dtype: ScalarType.Float32).requires_grad_();

            criterion.forward(own).backward();
            criterion.LossAndGradient(own);

            detaching.Gathered.Should().HaveCountGreaterThan(3);
            return detaching.Alive;
        });

        left.Should().AllBeEquivalentTo(0);
    }

    /// <summary>The kernels know addresses alone: what the group gathered must outlive a collection while they read it.</summary>
    [Fact]
    public void Fused_CollectionWhilePairsAreRead_LeavesWhatTheGroupGathered()
    {
        var embeddings = ClusteredEmbeddings(3, 12, 5, dtype: ScalarType.Float32);

        var alive = ThreadGroup.Run(2, group =>
        {
            var detaching = new DetachingGroup(group);
            using var fused = new FusedLoss(_ => CpuPackingKernels.Create(new ClampLossOptions()), logger: null);
            var least = int.MaxValue;
            fused.Inspect(
                group.Own(embeddings, [5, 7]),
                new BatchPart(detaching, group.Rank * 5, 12),
                (_, _, _) =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    least = Math.Min(least, detaching.Alive);
                },
                _ => { });
            return least;
        });

        alive.Should().AllBeEquivalentTo(1, "centroids are being read; sizes are copied");
    }

    [Fact]
    public void Backward_FusedWhileTheCollectorRuns_GivesTheSameGradientEachTime()
    {
        var embeddings = ClusteredEmbeddings(2, 1200, 64, dtype: ScalarType.Float32);
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();

        var norms = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(new ClampLossOptions { Backend = Fused }, new DetachingGroup(group));
            var own = group.Own(embeddings, [500, 700]);
            return Enumerable.Range(0, 20).Select(_ => Norm(criterion, own)).ToArray();
        });
        stop.Cancel();
        collector.Join();

        norms.Should().AllSatisfy(own => own.Distinct().Should().ContainSingle());

        static double Norm(ClampLoss criterion, Tensor own)
        {
            using var scope = NewDisposeScope();
            return criterion.LossAndGradient(own).Gradient.norm().Value();
        }
    }

    [Theory]
    [InlineData(Composite)]
    [InlineData(Fused)]
    public void Forward_AfterACollectiveThatFailed_IsRight(ClampBackend backend)
    {
        var options = new ClampLossOptions { Backend = backend };
        var embeddings = ClusteredEmbeddings(3, 9, 5, dtype: ScalarType.Float32);
        var expected = OneProcess(options, embeddings);

        // The sum of the embeddings is the first that travels after the agreement, the energy the second.
        for (int failing = 1; failing <= 2; failing++)
        {
            var gradients = ThreadGroup.Run(2, group =>
            {
                var broken = new FailingGroup(group, failing);
                using var criterion = new ClampLoss(options, broken);
                var own = group.Own(embeddings, [4, 5]);
                criterion.Invoking(it => it.forward(own)).Should().Throw<IOException>();
                return criterion.LossAndGradient(own).Gradient;
            });

            cat(gradients, 1).RelativeDistanceTo(expected.Gradient).Should().BeLessThan(1e-6);
        }
    }

    [Theory]
    [InlineData(Composite)]
    [InlineData(Fused)]
    public void Backward_AfterACallInInferenceMode_GivesTheGradient(ClampBackend backend)
    {
        var options = new ClampLossOptions { Backend = backend, Views = 3 };
        var embeddings = ClusteredEmbeddings(3, 9, 5, dtype: ScalarType.Float32);
        var expected = OneProcess(options, embeddings).Gradient;

        var gradients = ThreadGroup.Run(2, group =>
        {
            using var criterion = new ClampLoss(options, group);
            var own = group.Own(embeddings, [4, 5]).clone();
            using (inference_mode())
            {
                criterion.forward(own);
            }

            var rows = own.flatten(0, 1).requires_grad_();
            criterion.forward(rows).backward();
            return rows.grad!.unflatten(0, 3, -1);
        });

        cat(gradients, 1).RelativeDistanceTo(expected).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Forward_ListsOfViews_AreTheLossOfTheWholeBatch()
    {
        var embeddings = ClusteredEmbeddings(3, 9, 5);
        var expected = OneProcess(new ClampLossOptions(), embeddings).Loss.Value();

        var losses = ThreadGroup.Run(2, group =>
            new ClampLoss(processGroup: group).forward(group.Own(embeddings, [8, 1]).unbind(0)).Value());

        losses.Should().AllSatisfy(loss => loss.Should().BeApproximately(expected, 1e-12));
    }

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    private static double ToleranceOf(ScalarType dtype) => dtype == ScalarType.Float64 ? 1e-10 : 1e-6;

    private static (Tensor Loss, Tensor Gradient) OneProcess(ClampLossOptions options, Tensor embeddings)
    {
        using var criterion = new ClampLoss(options);
        return criterion.LossAndGradient(embeddings);
    }

    private static (double[] Losses, Tensor Gradient) Together(ClampLossOptions options, Tensor embeddings, long[] shares)
    {
        var results = ThreadGroup.Run(shares.Length, group =>
        {
            using var criterion = new ClampLoss(options, group);
            var (loss, gradient) = criterion.LossAndGradient(group.Own(embeddings, shares));
            criterion.LastBackend.Should().Be(options.Backend);
            return (Loss: loss.Value(), gradient);
        });
        return (results.Select(result => result.Loss).ToArray(), cat(results.Select(result => result.gradient).ToList(), 1));
    }

    private static double[] FiguresOf(SubManifoldGeometry geometry) =>
        typeof(SubManifoldGeometry).GetProperties().Where(property => property.PropertyType == typeof(double))
            .Select(property => (double)property.GetValue(geometry)!).ToArray();

    private static Exception?[] FaultsOf(Action<ThreadGroup> work) => ThreadGroup.Run(2, group =>
    {
        try
        {
            work(group);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    });

    /// <summary>A group one of whose sums fails, once, on every member.</summary>
    private sealed class FailingGroup(IProcessGroup group, int failing) : IProcessGroup
    {
        private int _sums;

        public int Rank => group.Rank;

        public int WorldSize => group.WorldSize;

        public Tensor AllGather(Tensor local) => group.AllGather(local);

        public void AllReduceSum(Tensor tensor)
        {
            if (++_sums == failing)
            {
                throw new IOException("The network is down.");
            }

            group.AllReduceSum(tensor);
        }

        public void Broadcast(Tensor tensor, int root) => group.Broadcast(tensor, root);

        public void Barrier() => group.Barrier();
    }
}
