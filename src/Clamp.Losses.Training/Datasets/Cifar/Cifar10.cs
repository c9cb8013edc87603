namespace Clamp.Losses.Training;

/// <summary>Reads CIFAR-10 (A. Krizhevsky, 2009): colour photographs of 32x32 pixels in 10 classes.</summary>
public static class Cifar10
{
    private static readonly CifarLayout Layout = new(
        DatasetKind.Cifar10,
        Archive: "cifar-10",
        BinaryFolder: "cifar-10-batches-bin",
        PythonFolder: "cifar-10-batches-py",
        TrainFiles: ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
        TestFile: "test_batch",
        FullFile: 10_000,
        LabelBytes: 1,
        LabelByte: 0,
        ClassNames: Array.AsReadOnly(
            ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]));

    /// <summary>The names of the 10 classes, in the order of the labels.</summary>
    public static IReadOnlyList<string> ClassNames => Layout.ClassNames;

    /// <summary>Reads every train batch that exists, of which the first must, and the test batch.</summary>
    /// <param name="root">
    /// The folder of <c>data_batch_1.bin</c> and <c>test_batch.bin</c>, of the folder <c>cifar-10-batches-bin</c> that holds them, or of
    /// <c>cifar-10-binary.tar.gz</c>. The python version is not read.
    /// </param>
    /// <returns>The images in the order of the files; 50,000 to train and 10,000 to test when the set is complete; what is not as published
    /// is in <see cref="ImageSplits.Warnings"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="root"/> is null.</exception>
    /// <exception cref="FileNotFoundException">The first train batch or the test batch does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is truncated or damaged, or has a label above 9.</exception>
    public static ImageSplits Load(DirectoryInfo root) => new CifarReader(Layout).Load(root);
}
