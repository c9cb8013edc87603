using Clamp.Losses;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

random.manual_seed(1);
const int Views = 4, Batch = 32, Width = 64;
using var encoder = nn.Linear(128, Width);
using var optimizer = optim.SGD(encoder.parameters(), learningRate: 0.1);
using var criterion = new ClampLoss(new ClampLossOptions { RadiusScale = 7.0, Views = Views });
using var images = randn(1, Batch, 128) + 0.3 * randn(Views, Batch, 128);

var losses = new List<float>();
for (int step = 0; step < 20; step++)
{
    using var scope = NewDisposeScope();
    optimizer.zero_grad();
    var loss = criterion.forward(encoder.forward(images));
    loss.backward();
    optimizer.step();
    losses.Add(loss.item<float>());
}

using var bitmap = new SKBitmap(4, 4);
using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);

Console.WriteLine($"SkiaSharp {typeof(SKBitmap).Assembly.GetName().Version}: a PNG of {png.Size} bytes");
Console.WriteLine($"{Environment.Version}, {criterion.LastBackend}: loss {losses[0]:F3} -> {losses[^1]:F3}");
return criterion.LastBackend == ClampBackend.Fused && losses[^1] < losses[0] ? 0 : 1;
