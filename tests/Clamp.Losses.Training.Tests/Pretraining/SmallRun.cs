namespace Clamp.Losses.Training.Tests;

/// <summary>A pretraining of milliseconds: two epochs of three steps.</summary>
internal static class SmallRun
{
    public const int Steps = 6;

    public static readonly RunOptions Options = new()
    {
        ImageSize = 16,
        Projection = [32, 16],
        Epochs = 2,
        BatchSize = 8,
        Views = 2,
        LearningRate = 1e-3,
        Seed = 5,
    };

    public static readonly MemoryImages Images = ShapesGenerator.Generate(24, 16, seed: 1);

    public static Pretrainer Trainer(RunOptions options, ImageSource? images = null)
    {
        var encoder = options.InitialEncoder(torch.CPU);
        return new(options, images ?? Images, encoder, encoder.FeatureWidth);
    }

    /// <summary>Trains up to a step.</summary>
    public static void RunTo(this Pretrainer trainer, int step)
    {
        using var stop = new CancellationTokenSource();
        trainer.Run(
            metrics =>
            {
                if (metrics.Step == step)
                {
                    stop.Cancel();
                }
            },
            stop: stop.Token);
    }

    /// <summary>Everything the trainer would save: two trainers are alike when it is the same.</summary>
    public static byte[] State(this Pretrainer trainer)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        trainer.Save(writer);
        return stream.ToArray();
    }
}
