using Clamp.Losses.Samples.Toy;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Tests.Toy;

/// <summary>A short toy for tests that look at what is drawn of it.</summary>
internal static class ToyFrames
{
    public static ImageSource Images { get; } = ToyImages.Choose(ShapesGenerator.Generate(12, 16, seed: 1), seed: 1);

    /// <summary>Few steps, fast enough that contacts fall.</summary>
    public static IReadOnlyList<PackingFrame> Of(int steps) =>
        ToyTraining.Run(Images, new ToyOptions { Steps = steps, Views = 16, LearningRate = 1e-3 });
}
