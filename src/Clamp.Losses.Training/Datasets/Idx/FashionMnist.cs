namespace Clamp.Losses.Training;

/// <summary>Reads Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, 2017): grey pictures of clothing of 28x28 pixels.</summary>
public static class FashionMnist
{
    private const string Source = "https://github.com/zalandoresearch/fashion-mnist";

    /// <summary>The names of the 10 classes, in the order of the labels.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = Array.AsReadOnly(
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]);

    /// <summary>Reads both splits; grey values are repeated in the three colour planes.</summary>
    /// <param name="root">The folder of <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c> and the two
    /// <c>t10k-</c> files, each plain or as <c>.gz</c>.</param>
    /// <returns>The images in the order of the files, at their own size; what is not as published is in <see cref="ImageSplits.Warnings"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, of other dimensions, or has a label above 9.</exception>
    public static ImageSplits Load(DirectoryInfo root) => IdxImages.Load(root, DatasetKind.FashionMnist, ClassNames, Source);
}
