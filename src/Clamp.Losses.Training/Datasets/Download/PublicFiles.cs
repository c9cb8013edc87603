namespace Clamp.Losses.Training;

/// <summary>The published files of the data sets, with the sums that their authors give.</summary>
public static class PublicFiles
{
    private static readonly Uri Toronto = new("https://www.cs.toronto.edu/~kriz/");
    private static readonly Uri FashionMnist = new("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/");

    // The copies that torchvision uses; the authors' own site no longer offers the files.
    private static readonly Uri Mnist = new("https://ossci-datasets.s3.amazonaws.com/mnist/");

    private static readonly DatasetKind[] Unpublished = [DatasetKind.Shapes, DatasetKind.ImageFolder, DatasetKind.Unknown];

    /// <summary>The files that a data set is read from.</summary>
    /// <param name="kind">The data set.</param>
    /// <returns>The files.</returns>
    /// <exception cref="ArgumentException">Nothing is published for this kind.</exception>
    public static IReadOnlyList<PublicFile> Of(DatasetKind kind) => kind switch
    {
        DatasetKind.Cifar10 => [File(Toronto, "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")],
        DatasetKind.Cifar100 or DatasetKind.Cifar100Coarse =>
            [File(Toronto, "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8")],
        DatasetKind.FashionMnist =>
            [
                File(FashionMnist, "train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                File(FashionMnist, "train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
                File(FashionMnist, "t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
                File(FashionMnist, "t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
            ],
        DatasetKind.Mnist =>
            [
                File(Mnist, "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                File(Mnist, "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
                File(Mnist, "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
                File(Mnist, "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
            ],
        _ => throw new InvalidOptionsException(
            $"There is nothing to download for {kind}, only for {string.Join(", ", Enum.GetValues<DatasetKind>().Except(Unpublished))}."),
    };

    private static PublicFile File(Uri folder, string name, string md5) => new(name, new Uri(folder, name), md5);
}
