using System.Diagnostics;
using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>
/// Self-supervised pretraining: views of a batch, through encoder and projection head, packed by <see cref="ClampLoss"/> or another loss.
/// </summary>
/// <remarks>
/// Several processes, each with a trainer of the same options and images, train one network together: each takes its share of every batch,
/// and the steps are those of one process. All call <see cref="Run"/>, which begins with the state of rank 0; to log and to save is rank 0's.
/// </remarks>
public sealed class Pretrainer : IDisposable
{
    private readonly PretrainOptions _options;
    private readonly ImageSource _images;
    private readonly Lazy<string> _fingerprint;
    private readonly int _featureWidth;
    private readonly IProcessGroup _group;
    private readonly StepAgreement _agreement;
    private readonly EpochSampler _sampler;
    private readonly CosineSchedule _schedule;
    private readonly ViewLoader _loader;
    private readonly Module<Tensor, Tensor> _criterion;
    private readonly ClampLoss _packing;
    private readonly GradientCache? _cache;
    private readonly ProjectionHead _head;
    private readonly OptimizerHelper _optimizer;
    private readonly GradientReduction _gradients;

    /// <summary>Prepares the training. The weights of the projection head are drawn from torch's generator.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="images">The training images; labels are not used.</param>
    /// <param name="encoder">
    /// Maps normalised images [N, 3, H, W] to features [N, F], on the device to train on; trained in place, and the caller's to dispose.
    /// </param>
    /// <param name="featureWidth">F, at least 1.</param>
    /// <exception cref="ArgumentException">The encoder has no weights, the options cannot be used, or there are too few images.</exception>
    public Pretrainer(PretrainOptions options, ImageSource images, Module<Tensor, Tensor> encoder, int featureWidth)
        : this(options, images, encoder, featureWidth, SingleProcessGroup.Instance)
    {
    }

    /// <summary>Prepares the training of one network by several processes.</summary>
    /// <param name="options">Valid options, the same on all processes.</param>
    /// <param name="images">All training images, the same on all processes.</param>
    /// <param name="encoder">As for one process; weights may differ until <see cref="Run"/> takes those of rank 0. Batch norms must be <see cref="SyncBatchNorm"/>.</param>
    /// <param name="featureWidth">F, at least 1.</param>
    /// <param name="group">The processes.</param>
    /// <exception cref="ArgumentException">
    /// As for one process; or there are batches or chunks with fewer images than processes, or batch norms that see one process's images alone.
    /// </exception>
    public Pretrainer(PretrainOptions options, ImageSource images, Module<Tensor, Tensor> encoder, int featureWidth, IProcessGroup group)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(group);
        options.Validate();
        var weights = encoder.parameters().ToList();
        var device = weights.FirstOrDefault()?.device ?? throw new ArgumentException("The encoder has no weights to train.", nameof(encoder));
        (_options, _images, _featureWidth, Encoder, _group) = (options, images, featureWidth, encoder, group);
        _sampler = new EpochSampler(images.Count, options.BatchSize, options.Seed);
        ThrowIfNotForAll(images.Count / _sampler.BatchesPerEpoch);
        _fingerprint = new Lazy<string>(images.Fingerprint);
        ThrowIfTooLong(options.Epochs, _sampler.BatchesPerEpoch);
        _schedule = new CosineSchedule(options.PeakLearningRate(), (int)(options.WarmupShare * TotalSteps), TotalSteps);
        _loader = new ViewLoader(images, options.CreateAugmentation(), options.Views, device);
        _packing = new ClampLoss(options.Clamp, group);
        _criterion = options.Loss == LossKind.Clamp ? _packing : Criteria.Create(options, group);
        _cache = options.Chunk > 0 ? new GradientCache(_packing, options.Chunk) : null;
        _head = new ProjectionHead(featureWidth, options.Projection).to(device);
        weights.AddRange(_head.parameters());
        _optimizer = OptimizerFactory.Create(options, weights);
        _gradients = new GradientReduction(weights, group, options.AverageGradients);
        _agreement = new StepAgreement(group);
    }

    /// <summary>The network being trained.</summary>
    public Module<Tensor, Tensor> Encoder { get; }

    /// <summary>All steps of the run.</summary>
    public int TotalSteps => _options.Epochs * _sampler.BatchesPerEpoch;

    /// <summary>The steps of each epoch.</summary>
    public int StepsPerEpoch => _sampler.BatchesPerEpoch;

    /// <summary>The steps that are done.</summary>
    public int StepsDone { get; private set; }

    /// <summary>Trains on, to the end or until it is stopped between two steps. Of several processes, none may have a dispose scope open.</summary>
    /// <param name="report">Called after each step.</param>
    /// <param name="inspect">
    /// Called after the last step of each epoch, before <paramref name="report"/>, with the step and its batch's geometry, which lives
    /// until it returns.
    /// </param>
    /// <param name="stop">Ends the training after the present step, on all processes when it is cancelled on one.</param>
    /// <exception cref="TrainingDivergedException">The loss became NaN or infinite, or a weight in the last step.</exception>
    /// <exception cref="OperationCanceledException">Another process failed in its <paramref name="report"/> or <paramref name="inspect"/>.</exception>
    public void Run(Action<StepMetrics> report, Action<int, SubManifoldGeometry>? inspect = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        StateOfRank0.TakeUp(this, _group);
        Encoder.train();
        _head.train();
        SyncBatchNorm.Join(Encoder, _group);
        try
        {
            TrainOn(report, inspect, stop);
        }
        finally
        {
            SyncBatchNorm.Join(Encoder, null);
        }
    }

    /// <summary>
    /// The paper's figures of a batch of augmented views of images that are not trained on: the first B of them, through encoder and head in
    /// eval mode.
    /// </summary>
    /// <param name="images">The images, at least 2, of the training images' size.</param>
    /// <param name="epoch">Which views, from 0.</param>
    /// <returns>The figures.</returns>
    public PaperFigures FiguresOf(ImageSource images, int epoch) => PaperFigures.Measure(Encoder, _head, images, _options, epoch);

    /// <summary>Writes everything that a new trainer of the same options and images needs to go on bit for bit.</summary>
    /// <param name="writer">Where; between two steps.</param>
    /// <exception cref="TrainingDivergedException">A weight is NaN or infinite; nothing is written.</exception>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ThrowIfDiverged();
        var header = new CheckpointHeader(StepsDone, StepsDone / StepsPerEpoch, StepsDone % StepsPerEpoch, _images.Count, _fingerprint.Value, Essentials());
        writer.Write(JsonSerializer.Serialize(header, PretrainOptions.Json));
        TrainingState.Save(writer, [Encoder, _head], _optimizer);
    }

    /// <summary>Takes up what <see cref="Save"/> wrote. No dispose scope may be open.</summary>
    /// <param name="reader">Where.</param>
    /// <exception cref="ArgumentException">It was written with other options or images.</exception>
    /// <exception cref="InvalidDataException">It was written by another version, whose networks have other weights.</exception>
    public void Load(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var header = JsonSerializer.Deserialize<CheckpointHeader>(reader.ReadString(), PretrainOptions.Json)!;
        header.ThrowIfNotOf(Essentials(), _options.Earlier(), _images.Count, _fingerprint.Value);
        TrainingState.Load(reader, [Encoder, _head], _optimizer);
        StepsDone = header.Step;
    }

    /// <summary>Takes the networks alone from what <see cref="Save"/> wrote.</summary>
    internal static void LoadNetworks(BinaryReader reader, Module encoder, ProjectionHead head)
    {
        reader.ReadString();
        TrainingState.LoadNetworks(reader, [encoder, head]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _head.Dispose();
        _criterion.Dispose();
        _packing.Dispose();
        _gradients.Dispose();
    }

    /// <summary>Steps are counted in 32 bits.</summary>
    internal static void ThrowIfTooLong(int epochs, int stepsPerEpoch) =>
        OptionRules.Check(((long)epochs * stepsPerEpoch > int.MaxValue, nameof(PretrainOptions.Epochs), epochs,
            $"at most {int.MaxValue / stepsPerEpoch} with {stepsPerEpoch} steps each"));

    private void TrainOn(Action<StepMetrics> report, Action<int, SubManifoldGeometry>? inspect, CancellationToken stop)
    {
        var (seen, clock) = (0L, Stopwatch.StartNew());
        for (int epoch = StepsDone / StepsPerEpoch; epoch < _options.Epochs; epoch++)
        {
            var batches = _sampler.Batches(epoch).Skip(StepsDone % StepsPerEpoch).ToList();
            var shares = batches.ConvertAll(batch => BatchShare.Of(batch, _options.Chunk, _group));
            foreach (var (make, index) in _loader.Load(shares.Select(share => share.Images), epoch).Select((make, index) => (make, index)))
            {
                var metrics = Step(make, shares[index].Chunks, inspect);
                seen += batches[index].Length;
                _agreement.Try(() => report(metrics with { ImagesPerSecond = seen / clock.Elapsed.TotalSeconds }));
                if (_agreement.IsToStop(stop))
                {
                    return;
                }
            }
        }
    }

    private StepMetrics Step(Func<Tensor> batch, int[] chunks, Action<int, SubManifoldGeometry>? inspect)
    {
        using var scope = NewDisposeScope();
        var clock = new LapClock();
        var views = batch();
        var data = clock.Lap();
        _optimizer.zero_grad();
        var (loss, embeddings, lossSeconds) = Backward(views, chunks);
        _gradients.Reduce();
        var encoder = clock.Lap() - lossSeconds;
        using var geometry = Measure(embeddings, loss.item<float>());
        _ = geometry.NearestCentroidAccuracy; // Found when it is first read, which belongs to the measurement's time.
        var norms = ParameterNorms.Of(Encoder, _head);
        var measurement = clock.Lap();
        _schedule.Apply(_optimizer, StepsDone);
        _optimizer.step();
        var times = new StepTimes(data, encoder, lossSeconds, measurement, clock.Lap());

        StepsDone++;
        if (StepsDone == TotalSteps)
        {
            ThrowIfDiverged();
        }

        if (StepsDone % StepsPerEpoch == 0)
        {
            _agreement.Try(() => inspect?.Invoke(StepsDone, geometry));
        }

        return Metrics(geometry, loss.item<float>(), times, norms);
    }

    private void ThrowIfNotForAll(int smallestBatch)
    {
        OptionRules.Check(
            (smallestBatch < _group.WorldSize, nameof(PretrainOptions.BatchSize), _options.BatchSize,
                $"larger: the smallest batch of an epoch has {smallestBatch} images for {_group.WorldSize} processes"),
            (_options.Chunk > 0 && _options.Chunk < _group.WorldSize, nameof(PretrainOptions.Chunk), _options.Chunk,
                $"0 or at least {_group.WorldSize}, the number of processes, each of which takes its share of a chunk"));
        if (_group.WorldSize > 1 && Encoder.named_modules().FirstOrDefault(module => module.module is TorchSharp.Modules.BatchNorm1d or TorchSharp.Modules.BatchNorm2d or TorchSharp.Modules.BatchNorm3d) is (var name, { } norm))
        {
            throw new InvalidOptionsException(
                $"The encoder's {name} is a {norm.GetType().Name}, which normalises by the images of one process of {_group.WorldSize}; build it with {nameof(SyncBatchNorm)}.");
        }
    }

    /// <summary>Fills the gradients from views [V, B, 3, H, W]; returns the loss and z, [V, B, D], both without a graph.</summary>
    private (Tensor Loss, Tensor Embeddings, double LossSeconds) Backward(Tensor views, int[] chunks)
    {
        if (_cache is not null)
        {
            var total = _cache.Backward(Embed, views, chunks, out var cached);
            SyncBatchNorm.ThrowIfBackwardFailed(Encoder);
            return (total, cached, 0);
        }

        // In two parts, so that the loss can be timed apart from the encoder.
        var embeddings = Embed(views.flatten(0, 1)).unflatten(0, views.shape[0], views.shape[1]);
        var clock = new LapClock();
        var leaf = embeddings.detach().requires_grad_();
        var loss = _criterion.call(leaf);
        loss.backward();
        var lossSeconds = clock.Lap();
        embeddings.backward([leaf.grad!]);
        SyncBatchNorm.ThrowIfBackwardFailed(Encoder);
        return (loss.detach(), leaf.detach(), lossSeconds);
    }

    private Tensor Embed(Tensor images)
    {
        var type = _options.Precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var features = Encoder.call(images.to(type));
        return features.dim() == 2 && features.shape[1] == _featureWidth
            ? _head.call(features)
            : throw new InvalidOperationException(
                $"The encoder made [{string.Join(", ", features.shape)}] of {images.shape[0]} images; it must be [{images.shape[0]}, {_featureWidth}].");
    }

    private JsonElement Essentials()
    {
        using var json = JsonDocument.Parse(_options.Essentials().ToJson());
        return json.RootElement.Clone();
    }

    private SubManifoldGeometry Measure(Tensor embeddings, double loss) =>
        double.IsFinite(loss) ? _packing.Measure(embeddings) : throw Diverged($"The loss is {loss} at step {StepsDone + 1}");

    // The loss of a step tells of the weights before it alone.
    private void ThrowIfDiverged()
    {
        if ((NetworkFile.FirstNotFinite(Encoder) ?? NetworkFile.FirstNotFinite(_head)) is { } name)
        {
            throw Diverged($"{name} has values that are NaN or infinite after step {StepsDone}");
        }
    }

    private TrainingDivergedException Diverged(string finding) => new(FormattableString.Invariant(
        $"{finding}: the weights have diverged. Lower the learning rate, which is {_options.LearningRate}."));

    /// <summary>The metrics of the step that was just done.</summary>
    private StepMetrics Metrics(SubManifoldGeometry geometry, double loss, StepTimes times, ParameterNorms norms) => new(
        StepsDone,
        ((StepsDone - 1) / StepsPerEpoch) + 1,
        loss,
        _schedule.At(StepsDone - 1),
        ImagesPerSecond: 0,
        geometry.MeanContacts,
        geometry.MeanRadius,
        geometry.RattlerFraction,
        geometry.NearestCentroidAccuracy,
        geometry.ParticipationRatio,
        geometry.Verdict,
        times,
        norms);
}
