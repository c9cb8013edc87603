using Clamp.Losses;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddClampLoss(builder.Configuration.GetSection(ClampLossOptions.SectionName));
using var host = builder.Build();
try
{
    await host.StartAsync();
}
catch (OptionsValidationException exception)
{
    Console.WriteLine(string.Join(Environment.NewLine, exception.Failures));
    return 2;
}

var options = host.Services.GetRequiredService<IOptions<ClampLossOptions>>().Value;
var criterion = host.Services.GetRequiredService<ClampLoss>();

random.manual_seed(1);
const int Batch = 32, Width = 64;
var views = options.Views ?? throw new InvalidOperationException("appsettings.json sets the number of views");
using var encoder = nn.Linear(128, Width);
using var optimizer = optim.SGD(encoder.parameters(), learningRate: 0.1);
using var images = randn(1, Batch, 128) + 0.3 * randn(views, Batch, 128);

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
Console.WriteLine($"{Environment.Version}, {criterion.LastBackend}, r_s {options.RadiusScale}: loss {losses[0]:F3} -> {losses[^1]:F3}");
return criterion.LastBackend == ClampBackend.Fused && options.RadiusScale == 7.25 && losses[^1] < losses[0] ? 0 : 1;
