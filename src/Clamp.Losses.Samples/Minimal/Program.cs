// A complete self-supervised training in one page: images without labels, views, encoder, loss, steps, and a linear probe of the result.
using Clamp.Losses;
using Clamp.Losses.Training;
using TorchSharp;
using static TorchSharp.torch;

const int Epochs = 3, BatchSize = 64, Views = 4, Seed = 1;

random.manual_seed(Seed);
var device = cuda.is_available() ? CUDA : CPU;

// Textured shapes in 12 classes, drawn here. Cifar10.Load(folder), ImageFolder.Load(...) or a class of yours gives others.
var images = new ImageSplits(
    Train: ShapesGenerator.Generate(count: 2_400, size: 32, Seed), Test: ShapesGenerator.Generate(600, 32, Seed, firstIndex: 1_200_000));
using var encoder = ResNet.Tiny().to(device);                                // any nn.Module<Tensor, Tensor>: [N, 3, H, W] to [N, F]
using var head = new ProjectionHead(encoder.FeatureWidth, [256, 128]).to(device);
Probe("untrained");

using var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 3 });
using var optimizer = optim.AdamW(encoder.parameters().Concat(head.parameters()), 4e-3, weight_decay: 1e-4);
var sampler = new EpochSampler(images.Train.Count, BatchSize, Seed);
var schedule = new CosineSchedule(Peak: 4e-3, WarmupSteps: sampler.BatchesPerEpoch / 5, Epochs * sampler.BatchesPerEpoch);
var loader = new ViewLoader(images.Train, new MultiViewAugmentation(new AugmentationOptions(), Seed), Views, device);
for (int epoch = 0, step = 0; epoch < Epochs; epoch++)
{
    foreach (var makeViews in loader.Load(sampler.Batches(epoch), epoch))
    {
        using var scope = NewDisposeScope();
        schedule.Apply(optimizer, step++);
        optimizer.zero_grad();
        var views = makeViews();                                             // [V, B, 3, H, W]
        var embeddings = head.call(encoder.call(views.flatten(0, 1))).unflatten(0, views.shape[0], views.shape[1]); // [V, B, D]
        var loss = criterion.call(embeddings);
        loss.backward();
        optimizer.step();
        if (step % sampler.BatchesPerEpoch == 0)
        {
            using var packing = criterion.Measure(embeddings);               // has the batch collapsed, which the loss cannot tell?
            Console.WriteLine($"step {step}: loss {loss.item<float>():F3}, {packing.MeanContacts:F1} contacts, {packing.Verdict}");
        }
    }
}

Probe("pretrained");

// A linear classifier on frozen features; its learning rate is chosen on training images held out.
void Probe(string name)
{
    using var features = FeatureExtractor.Extract(encoder, images, device, new Normalisation());
    var result = LinearProbe.Evaluate(features, images.Train.ClassNames.Count, Seed);
    Console.WriteLine($"linear probe, {name}: {result.Test.Top1:P1} of {images.Test!.Count} test images");
}
