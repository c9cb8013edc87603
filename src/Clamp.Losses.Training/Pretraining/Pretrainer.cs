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
public sealed class Pretrainer : IDisposable
{
    private readonly PretrainOptions _options;
    private readonly ImageSource _images;
    private readonly Lazy<string> _fingerprint;
    private readonly int _featureWidth;
    private readonly EpochSampler _sampler;
    private readonly CosineSchedule _schedule;
    private readonly ViewLoader _loader;
    private readonly Module<Tensor, Tensor> _criterion;
    private readonly ClampLoss _packing;
    private readonly GradientCache? _cache;
    private readonly ProjectionHead _head;
    private readonly OptimizerHelper _optimizer;

    /// <summary>Prepares the training. The weights of the projection head are drawn from torch's generator.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="images">The training images; labels are not used.</param>
    /// <param name="encoder">
    /// Maps normalised images [N, 3, H, W] to features [N, F], on the device to train on; trained in place, and the caller's to dispose.
    /// </param>
    /// <param name="featureWidth">F, at least 1.</param>
    /// <exception cref="ArgumentException">The encoder has no weights, the options cannot be used, or there are too few images.</exception>
    public Pretrainer(PretrainOptions options, ImageSource images, Module<Tensor, Tensor> encoder, int featureWidth)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(encoder);
        options.Validate();
        var weights = encoder.parameters().ToList();
        var device = weights.FirstOrDefault()?.device ?? throw new ArgumentException("The encoder has no weights to train.", nameof(encoder));
        (_options, _images, _featureWidth, Encoder) = (options, images, featureWidth, encoder);
        _sampler = new EpochSampler(images.Count, options.BatchSize, options.Seed);
        _fingerprint = new Lazy<string>(images.Fingerprint);
        ThrowIfTooLong(options.Epochs, _sampler.BatchesPerEpoch);
        _schedule = new CosineSchedule(options.PeakLearningRate(), (int)(options.WarmupShare * TotalSteps), TotalSteps);
        _loader = new ViewLoader(images, Augmentation(options), options.Views, device);
        _packing = new ClampLoss(options.Clamp);
        _criterion = options.Loss == LossKind.Clamp ? _packing : Criteria.Create(options);
        _cache = options.Chunk > 0 ? new GradientCache(_packing, options.Chunk) : null;
        _head = new ProjectionHead(featureWidth, options.Projection).to(device);
        _optimizer = OptimizerFactory.Create(options, weights.Concat(_head.parameters()));
    }

    /// <summary>The network being trained.</summary>
    public Module<Tensor, Tensor> Encoder { get; }

    /// <summary>All steps of the run.</summary>
    public int TotalSteps => _options.Epochs * _sampler.BatchesPerEpoch;

    /// <summary>The steps of each epoch.</summary>
    public int StepsPerEpoch => _sampler.BatchesPerEpoch;

    /// <summary>The steps that are done.</summary>
    public int StepsDone { get; private set; }

    /// <summary>Trains on, to the end or until it is stopped between two steps.</summary>
    /// <param name="report">Called after each step.</param>
    /// <param name="inspect">
    /// Called after the last step of each epoch, before <paramref name="report"/>, with the step and its batch's geometry, which lives
    /// until it returns.
    /// </param>
    /// <param name="stop">Ends the training after the present step.</param>
    /// <exception cref="TrainingDivergedException">The loss became NaN or infinite, or a weight in the last step.</exception>
    public void Run(Action<StepMetrics> report, Action<int, SubManifoldGeometry>? inspect = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        Encoder.train();
        _head.train();
        var (seen, clock) = (0L, Stopwatch.StartNew());
        for (int epoch = StepsDone / StepsPerEpoch; epoch < _options.Epochs; epoch++)
        {
            foreach (var batch in _loader.Load(_sampler.Batches(epoch).Skip(StepsDone % StepsPerEpoch), epoch))
            {
                var (metrics, count) = Step(batch, inspect);
                seen += count;
                report(metrics with { ImagesPerSecond = seen / clock.Elapsed.TotalSeconds });
                if (stop.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    /// <summary>
    /// The paper's figures of a batch of augmented views of images that are not trained on: the first B of them, through encoder and head in
    /// eval mode.
    /// </summary>
    /// <param name="images">The images, at least 2, of the training images' size.</param>
    /// <param name="epoch">Which views, from 0.</param>
    /// <returns>The figures.</returns>
    public PaperFigures FiguresOf(ImageSource images, int epoch)
    {
        ArgumentNullException.ThrowIfNull(images);
        var loader = new ViewLoader(
            images, Augmentation(_options), _options.Views, Encoder.parameters().First().device, ahead: 0);
        int[] batch = [.. Enumerable.Range(0, Math.Min(_options.BatchSize, images.Count))];
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var wasTraining = Encoder.training;
        Encoder.eval();
        _head.eval();
        try
        {
            var views = loader.Load([batch], epoch).Select(make => make()).Single();
            var embeddings = Embed(views.flatten(0, 1)).unflatten(0, views.shape[0], views.shape[1]);
            using var geometry = _packing.Measure(embeddings);
            return PaperFigures.Of(geometry, _options.Views, _options.Clamp.RadiusScale);
        }
        finally
        {
            Encoder.train(wasTraining);
            _head.train();
        }
    }

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

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _head.Dispose();
        _criterion.Dispose();
        _packing.Dispose();
    }

    /// <summary>Steps are counted in 32 bits.</summary>
    internal static void ThrowIfTooLong(int epochs, int stepsPerEpoch) =>
        OptionRules.Check(((long)epochs * stepsPerEpoch > int.MaxValue, nameof(PretrainOptions.Epochs), epochs,
            $"at most {int.MaxValue / stepsPerEpoch} with {stepsPerEpoch} steps each"));

    private (StepMetrics Metrics, long Images) Step(Func<Tensor> batch, Action<int, SubManifoldGeometry>? inspect)
    {
        using var scope = NewDisposeScope();
        var clock = new LapClock();
        var views = batch();
        var data = clock.Lap();
        _optimizer.zero_grad();
        var (loss, embeddings, lossSeconds) = Backward(views);
        var encoder = clock.Lap() - lossSeconds;
        using var geometry = Measure(embeddings, loss.item<float>());
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
            inspect?.Invoke(StepsDone, geometry);
        }

        return (Metrics(geometry, loss.item<float>(), times, norms), views.shape[1]);
    }

    private static MultiViewAugmentation Augmentation(PretrainOptions options)
    {
        AugmentationOptions[] transforms =
            options.AlternateAugmentation is { } alternate ? [options.Augmentation, alternate] : [options.Augmentation];
        return new MultiViewAugmentation(transforms, options.Seed, options.Normalisation);
    }

    /// <summary>Fills the gradients from views [V, B, 3, H, W]; returns the loss and z, [V, B, D], both without a graph.</summary>
    private (Tensor Loss, Tensor Embeddings, double LossSeconds) Backward(Tensor views)
    {
        if (_cache is not null)
        {
            return (_cache.Backward(Embed, views, out var cached), cached, 0);
        }

        // In two parts, so that the loss can be timed apart from the encoder.
        var embeddings = Embed(views.flatten(0, 1)).unflatten(0, views.shape[0], views.shape[1]);
        var clock = new LapClock();
        var leaf = embeddings.detach().requires_grad_();
        var loss = _criterion.call(leaf);
        loss.backward();
        var lossSeconds = clock.Lap();
        embeddings.backward([leaf.grad!]);
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
