namespace Clamp.Losses.Training;

/// <summary>The data sets that <see cref="Datasets"/> can load.</summary>
public enum DatasetKind
{
    /// <summary>Textured shapes drawn on the fly by <see cref="ShapesGenerator"/>; needs no files.</summary>
    Shapes,

    /// <summary>CIFAR-10: colour photographs of 32x32 pixels in 10 classes.</summary>
    Cifar10,

    /// <summary>CIFAR-100: colour photographs of 32x32 pixels in 100 classes.</summary>
    Cifar100,

    /// <summary>The images of <see cref="Cifar100"/> in 20 superclasses.</summary>
    Cifar100Coarse,

    /// <summary>Fashion-MNIST in IDX files: grey pictures of clothing of 28x28 pixels in 10 classes.</summary>
    FashionMnist,

    /// <summary>MNIST in IDX files: grey handwritten digits of 28x28 pixels in 10 classes.</summary>
    Mnist,

    /// <summary>The user's own JPEG and PNG files, in any folder; with labels in a folder for each split and class.</summary>
    ImageFolder,

    /// <summary>Images that nobody named, as those that an imported encoder was trained on; they cannot be loaded.</summary>
    Unknown,
}
