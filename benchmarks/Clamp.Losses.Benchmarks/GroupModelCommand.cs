using System.CommandLine;
using System.Globalization;

namespace Clamp.Losses.Benchmarks;

/// <summary>The command that says where CLAMP over many GPUs would stop scaling. Nothing of it is measured.</summary>
internal static class GroupModelCommand
{
    private static readonly Option<int> Views = Size("--views", "V.", 4);
    private static readonly Option<int> Images = Size("--images", "Images of one GPU; the paper's 512 on 2 x 4 GPUs are 64.", 64);
    private static readonly Option<int> Width = Size("--width", "D.", 512);

    /// <summary>The command; its exit code is 0.</summary>
    public static Command Create()
    {
        var command = new Command("group-model", "Models a step over 1 to 4096 GPUs: bytes, operations, latency.") { Views, Images, Width };
        command.SetAction(parsed => Write(
            new GroupModel(parsed.GetRequiredValue(Views), parsed.GetRequiredValue(Images), parsed.GetRequiredValue(Width))));
        return command;
    }

    private static Option<int> Size(string name, string description, int value)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name} must be at least 1.");
            }
        });
        return option;
    }

    private static void Write(GroupModel model)
    {
        Line($"A model, not a measurement: V {model.Views}, {model.Images} images a GPU, D {model.Width}.");
        Line($"Assumed of a GPU: {GroupModel.EncoderSecondsPerView * 1e3} ms of encoder a view (ResNet-50, 224 pixels, mixed precision), ");
        Line($"{GroupModel.ProductFlops / 1e12} TFLOP/s in float32 products, {GroupModel.MemoryBytesPerSecond / 1e12} TB/s of memory;");
        Line($"of links: {GroupModel.NodeBytesPerSecond / 1e9} GB/s up to {GroupModel.NodeGpus} GPUs, {GroupModel.NetworkBytesPerSecond / 1e9} GB/s a GPU beyond, ");
        Line($"{GroupModel.HopSeconds * 1e6} us a hop, log2(GPUs) hops a message; nothing overlaps.");
        Line($"");
        Line($"| GPUs | batch | encoder, ms | received, MB | its time, ms | pairs, ms | latency, ms | loss, ms | loss / encoder | gradient sum, ms | embeddings gathered, ms |");
        Line($"|---|---|---|---|---|---|---|---|---|---|---|");
        for (int gpus = 1; gpus <= 4096; gpus *= 2)
        {
            var bytes = model.BytesReceived(gpus);
            var (loss, gathered) = (model.Loss(gpus), model.LossOfGatheredEmbeddings(gpus));
            Line($"| {gpus} | {(long)gpus * model.Images} | {1e3 * model.EncoderSeconds:0.0} | {bytes / 1e6:0.0} | {1e3 * GroupModel.Transfer(bytes, gpus):0.000} | {1e3 * model.Pairs(gpus):0.000} | {1e3 * GroupModel.Latency(gpus):0.000} | {1e3 * loss:0.00} | {loss / model.EncoderSeconds:0.0 %} | {1e3 * GroupModel.GradientSum(gpus):0.0} | {1e3 * gathered:0.0} |");
        }

        Line($"");
        Line($"The loss takes a tenth of the encoder's time from so many GPUs on:");
        Line($"");
        Line($"| | GPUs |");
        Line($"|---|---|");
        Reach("as it is", model);
        Reach("centroids sent in 16 bits", model with { BytesPerNumber = 2 });
        Reach("half the width", model with { Width = Math.Max(1, model.Width / 2) });
        Reach("twice the views", model with { Views = 2 * model.Views });
        Reach("twice the images a GPU", model with { Images = 2 * model.Images });
    }

    private static void Reach(string what, GroupModel model) => Line($"| {what} | {model.Reaches(0.1)} |");

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
