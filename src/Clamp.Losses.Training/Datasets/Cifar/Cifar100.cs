namespace Clamp.Losses.Training;

/// <summary>Reads CIFAR-100 (A. Krizhevsky, 2009): colour photographs of 32x32 pixels in 100 fine or 20 coarse classes.</summary>
public static class Cifar100
{
    private static readonly CifarLayout Fine = new(
        DatasetKind.Cifar100,
        Archive: "cifar-100",
        BinaryFolder: "cifar-100-binary",
        PythonFolder: "cifar-100-python",
        TrainFiles: ["train"],
        TestFile: "test",
        FullFile: 50_000,
        LabelBytes: 2,
        LabelByte: 1,
        ClassNames: Array.AsReadOnly(
            [
                "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy", "bridge",
                "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud",
                "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl",
                "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man",
                "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear",
                "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
                "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel",
                "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor", "train",
                "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
            ]));

    private static readonly CifarLayout Coarse = Fine with
    {
        LabelByte = 0,
        ClassNames = Array.AsReadOnly(
            [
                "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables", "household_electrical_devices",
                "household_furniture", "insects", "large_carnivores", "large_man-made_outdoor_things", "large_natural_outdoor_scenes",
                "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people", "reptiles", "small_mammals",
                "trees", "vehicles_1", "vehicles_2",
            ]),
    };

    /// <summary>The names of the 100 classes, in the order of their labels.</summary>
    public static IReadOnlyList<string> ClassNames => Fine.ClassNames;

    /// <summary>The names of the 20 superclasses, in the order of their labels.</summary>
    public static IReadOnlyList<string> CoarseClassNames => Coarse.ClassNames;

    /// <summary>Reads both splits.</summary>
    /// <param name="root">
    /// The folder of <c>train.bin</c> and <c>test.bin</c>, of the folder <c>cifar-100-binary</c> that holds them, or of
    /// <c>cifar-100-binary.tar.gz</c>. The python version is not read.
    /// </param>
    /// <param name="coarse">Whether labels are the 20 superclasses instead of the 100 classes.</param>
    /// <returns>The images in the order of the files; 50,000 to train and 10,000 to test when the set is complete; what is not as published
    /// is in <see cref="ImageSplits.Warnings"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is truncated or damaged, or has a label that names no class.</exception>
    public static ImageSplits Load(DirectoryInfo root, bool coarse = false) => new CifarReader(coarse ? Coarse : Fine).Load(root);
}
